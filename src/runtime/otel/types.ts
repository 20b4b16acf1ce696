// In: nothing. Out: what is used of the OpenTelemetry API, as types of our own.
// Must stay true: structurally the types of `@opentelemetry/api` 1.9 and 1.10 in either direction; nothing is imported.
import type { Link, Span, SpanOptions } from '../span.ts'

/** The API's `Context`. */
export interface OtelContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): OtelContext
  deleteValue(key: symbol): OtelContext
}

export interface OtelSpanOptions extends Omit<SpanOptions, 'links'> {
  readonly links?: Link[]
  /** A trace of its own, whatever the context says. Default false. */
  readonly root?: boolean
}

/** The API's `Tracer`. Its spans are clew's, which are the API's too. */
export interface OtelTracer {
  startSpan(name: string, options?: OtelSpanOptions, context?: OtelContext): Span
  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: OtelSpanOptions, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: OtelSpanOptions,
    context: OtelContext,
    fn: F,
  ): ReturnType<F>
}

/** The API's `ContextManager`. */
export interface OtelContextManager {
  active(): OtelContext
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: OtelContext,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F>
  bind<T>(context: OtelContext, target: T): T
  enable(): this
  disable(): this
}
