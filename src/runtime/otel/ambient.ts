// In: the OpenTelemetry API as the program imports it. Out: spans that libraries find by themselves, and a way on from
// spans that others have begun.
// Must stay true: the one place where ambient context exists; what another SDK has registered stays registered.

import type { Carrier } from '../../propagate/carrier.ts'
import type { SpanContext } from '../../propagate/span-context.ts'
import { isValid } from '../../propagate/traceparent.ts'
import { hostProcess } from '../hosts/process.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { Span } from '../span.ts'
import { noSpan } from '../tracer.ts'
import { contextManager, isOurs, spanIn, tracerOf } from './tracer.ts'
import type { OtelContext, OtelContextManager, OtelSpanOptions, OtelTracer } from './types.ts'

/** What is used of `@opentelemetry/api`: `import { context, trace } from '@opentelemetry/api'`. */
export interface OtelApi {
  readonly context: {
    active(): OtelContext
    with<R>(context: OtelContext, fn: () => R): R
    setGlobalContextManager(manager: OtelContextManager): boolean
  }
  readonly trace: {
    setSpan(context: OtelContext, span: Span): OtelContext
    setGlobalTracerProvider(provider: OtelTracerProvider): boolean
  }
}

export interface OtelTracerProvider {
  getTracer(name: string, version?: string): OtelTracer
}

/** What `createTracer({ ambient })` takes. */
export interface Ambient {
  /** Runs `fn` with the span as the ambient one. */
  run<R>(span: Span, fn: () => R): R
  /** The ambient span where it is somebody else's: what an invocation continues. */
  outer(): SpanContext | undefined
}

/** The part of AsyncLocalStorage that is used. */
export interface Storage {
  run<R>(store: unknown, fn: () => R): R
  getStore(): unknown
}

export interface OpenTelemetryOptions {
  /**
   * Default: the host's, as a global (Vercel's Edge Runtime) or built-in module (Node, Bun, Deno, Workers with
   * `nodejs_compat`). Where there is none, spans join by explicit contexts only.
   */
  readonly AsyncLocalStorage?: new () => Storage
}

/**
 * Lets libraries that know only the ambient API join the invocation they run in:
 * `createTracer({ …, ambient: openTelemetry({ context, trace }) })`.
 *
 * Registers a tracer provider and, where the host has AsyncLocalStorage, a context manager, each only where nobody else
 * has. An invocation that begins under an active span of another SDK, or of Deno's own, continues its trace.
 */
export function openTelemetry(api: OtelApi, options: OpenTelemetryOptions = {}): Ambient {
  const { context, trace } = api
  const AsyncLocalStorage = options.AsyncLocalStorage ?? hostStorage()
  // Asked before anything is registered, the API answers with its root context.
  if (AsyncLocalStorage) context.setGlobalContextManager(asyncContextManager(new AsyncLocalStorage(), context.active()))
  trace.setGlobalTracerProvider({ getTracer: ambientTracer })
  return {
    run: (span, fn) => context.with(trace.setSpan(context.active(), span), fn),
    outer() {
      const active = spanIn(undefined)
      const outer = active && !isOurs(active) ? active.spanContext() : undefined
      return outer && isValid(outer) ? outer : undefined
    },
  }
}

/**
 * The context of another SDK's span as a carrier, for `span.continueTrace` and for a message. Empty where it is invalid.
 */
export function carrierFrom(span: { spanContext(): SpanContext }): Carrier {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  if (!isValid({ traceId, spanId, traceFlags })) return {}
  const tracestate = traceState?.serialize()
  return {
    traceparent: `00-${traceId}-${spanId}-${(traceFlags + 256).toString(16).slice(1)}`,
    ...(tracestate && { tracestate }),
  }
}

/** Where OpenTelemetry JS says that what runs is telemetry itself: an exporter's own requests are not traced. */
const SUPPRESSED = /* @__PURE__ */ Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** A tracer of whatever invocation it is called in. Outside of one, and where tracing is suppressed, its spans do nothing. */
function ambientTracer(name: string): OtelTracer {
  const within = (context: OtelContext | undefined): OtelTracer => {
    const isSuppressed = (context ?? contextManager()?.active())?.getValue(SUPPRESSED) === true
    const found = isSuppressed ? undefined : [spanIn(context), spanIn(undefined)].find(isOurs)
    return tracerOf((found ?? noSpan()) as RecordingSpan<unknown>)
  }
  // One scope an export: the library that made the span is an attribute (OpenTelemetry, "Mapping to non-OTLP Formats").
  const scoped = (options: OtelSpanOptions = {}): OtelSpanOptions =>
    name ? { ...options, attributes: { 'otel.scope.name': name, ...options.attributes } } : options
  return {
    startSpan: (title, options, context) => within(context).startSpan(title, scoped(options), context),
    startActiveSpan(title: string, ...rest: unknown[]) {
      const fn = rest.pop() as (span: Span) => never
      const [options, context] = rest as [OtelSpanOptions?, OtelContext?]
      return context
        ? within(context).startActiveSpan(title, scoped(options), context, fn)
        : within(context).startActiveSpan(title, scoped(options), fn)
    },
  }
}

function asyncContextManager(storage: Storage, root: OtelContext): OtelContextManager {
  const manager: OtelContextManager = {
    active: () => (storage.getStore() as OtelContext | undefined) ?? root,
    with: (context, fn, thisArg, ...args) => storage.run(context, () => Reflect.apply(fn, thisArg, args)),
    bind<T>(context: OtelContext, target: T): T {
      if (typeof target !== 'function') return target
      return function (this: unknown, ...args: unknown[]) {
        return storage.run(context, () => Reflect.apply(target, this, args))
      } as T
    },
    enable: () => manager,
    disable: () => manager,
  }
  return manager
}

function hostStorage(): (new () => Storage) | undefined {
  const { AsyncLocalStorage } = globalThis as { AsyncLocalStorage?: new () => Storage }
  const hooks = hostProcess()?.getBuiltinModule?.('node:async_hooks') as typeof globalThis | undefined
  return AsyncLocalStorage ?? (hooks as { AsyncLocalStorage?: new () => Storage } | undefined)?.AsyncLocalStorage
}
