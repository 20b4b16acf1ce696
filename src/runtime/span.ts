// In: nothing. Out: the one object that user code holds, as a type, and what goes into it.
// Must stay true: every method may be called at any time, in any order, with anything, and never throws; absence is a
// span that does nothing, never `undefined`.
import type { Attributes, AttributeValue, SpanKind, StatusCode } from '../flush/model.ts'
import type { Baggage } from '../propagate/baggage.ts'
import type { Traced } from '../propagate/carrier.ts'
import type { SpanContext } from '../propagate/span-context.ts'
import type { TimeInput } from './clock.ts'
import type { FetchOptions } from './fetch.ts'
import type { LogContext, Logger } from './logger.ts'
import type { OtelTracer } from './otel/types.ts'

/** A link to another span: as in the OpenTelemetry API. */
export interface Link {
  readonly context: SpanContext
  readonly attributes?: Attributes
}

/** The code as the OpenTelemetry API numbers it, or as Cloudflare's tracing names it. */
export interface SpanStatus {
  readonly code: StatusCode | 'unset' | 'ok' | 'error'
  /** Kept with an error only (OpenTelemetry specification, trace API, "Set Status"). */
  readonly message?: string
}

export interface SpanOptions {
  /** Default `SpanKind.INTERNAL`. */
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  readonly links?: readonly Link[]
  /** Default: now. */
  readonly startTime?: TimeInput
}

/** How a trace from elsewhere goes on: see {@link Span.continueTrace}. */
export interface ContinueOptions extends SpanOptions {
  readonly name: string
  /** True: a child of this span with a link to the other trace, instead of a span of the other trace. Default false. */
  readonly link?: boolean
}

/** What a traced callback looks like: the span comes first and shadows the outer one. */
export type TracedFunction<Env, A extends unknown[], R> = (span: Span<Env>, ...args: A) => R

/** The host's `fetch`, with a third argument for the span that the call becomes. */
export type SpanFetch = (input: string | URL | Request, init?: RequestInit, options?: FetchOptions) => Promise<Response>

/**
 * A place in a trace, and the only context there is. Its verbs are the OpenTelemetry API's and Cloudflare's own
 * tracing's, so that code typed against either takes it as it is.
 */
export interface Span<Env = unknown> {
  /**
   * Runs `fn` in a child span that ends itself: when `fn` returns, when the promise it returned settles, or when the
   * generator it returned is exhausted. What `fn` throws is recorded and thrown on, the same object.
   */
  enterSpan<A extends unknown[], R>(name: string, fn: TracedFunction<Env, A, R>, ...args: A): R
  enterSpan<A extends unknown[], R>(name: string, options: SpanOptions, fn: TracedFunction<Env, A, R>, ...args: A): R
  /** Starts a child span that you end, by `end()` or by `using`. One that is forgotten is exported, marked as unfinished. */
  startSpan(name: string, options?: SpanOptions): Span<Env>
  /** Fetches in a CLIENT span that carries the trace to the other side. May be handed detached to any SDK that takes a fetch. */
  readonly fetch: SpanFetch
  /**
   * The payload with this span's context in it (`$trace`), for whatever carries no headers: queues, workflows, RPC, jobs,
   * storage. It survives JSON, structured clone and RPC. A bare payload is not assignable to `Traced<T>`.
   */
  carry<T>(payload: T): Traced<T>
  /**
   * Runs `fn` in a span of the trace that `from` carries: a traced payload, a carrier, a message body, `Headers` or a
   * `Request`. The span links back to this one; where `from` carries nothing it is an ordinary child.
   */
  continueTrace<A extends unknown[], R>(
    from: unknown,
    start: string | ContinueOptions,
    fn: TracedFunction<Env, A, R>,
    ...args: A
  ): R
  /**
   * What travels with the trace beside its identity (W3C Baggage). Never an attribute by itself. The tracer's `outbound()`,
   * or a propagator that carries it, turns it on.
   */
  readonly baggage: Baggage | undefined
  /** This span with more baggage for what it calls from here on; `undefined` removes a key. */
  withBaggage(values: Readonly<Record<string, string | undefined>>): Span<Env>
  /** The host's bindings, traced under this span. */
  readonly env: Env
  /** Extends the invocation until `promise` settles, as the host's `waitUntil` does. */
  waitUntil(promise: Promise<unknown>): void

  /** Logs with this span's ids: `span.log.info('payment declined', { decline_reason })`. Where to, `logs` says. */
  readonly log: Logger
  /** The ids as fields for a logger of your own: pino, winston, the console. */
  logFields(): LogContext
  /**
   * A `Tracer` of the OpenTelemetry API for code that takes one. The parent of its spans is the span in the context
   * argument, else this one.
   */
  readonly tracer: OtelTracer

  /** Overwrites. `undefined` and an empty key are ignored; over 128 keys, new ones are dropped and counted. */
  setAttribute(key: string, value: AttributeValue): this
  setAttributes(attributes: Attributes): this
  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this
  addLink(link: Link): this
  addLinks(links: Link[]): this
  /** `Ok` is final, `Error` beats unset, setting unset does nothing (specification, trace API, "Set Status"). */
  setStatus(status: SpanStatus): this
  /** Adds an `exception` event with type, message and stack, causes included. Does not set the status. */
  recordException(exception: unknown, time?: TimeInput): void
  updateName(name: string): this
  spanContext(): SpanContext
  /** False once ended, and for a span that nobody will see. */
  isRecording(): boolean
  /** Cloudflare's name for {@link isRecording}. */
  readonly isTraced: boolean
  /** The first call counts; a time before the start counts as the start. */
  end(time?: TimeInput): void
  [Symbol.dispose](): void
}
