// In: nothing. Out: what a span has of its invocation and of the span above it, as types.
// Must stay true: an invocation is one object, and all of its spans hold the same.
import type { LogRecord } from '../flush/model.ts'
import type { PropagationContext } from '../propagate/propagator.ts'
import type { TraceState } from '../propagate/trace-state.ts'
import type { SpanBuffer } from './buffer.ts'
import type { Config } from './options.ts'
import type { OpenRecord } from './record.ts'
import type { Span } from './span.ts'

/**
 * What a span needs of its invocation. Of the configuration, whose shape follows the options that were given, what every
 * span reads is here: in objects of one shape, which V8 reads from faster.
 */
export interface SpanOwner<Env> extends Pick<Config, 'now' | 'ids' | 'baggageKeys'> {
  readonly config: Config
  readonly mirror: Config['mirror'] | undefined
  readonly redact: Config['redact'] | undefined
  /** Replaced when the invocation closes. */
  buffer: SpanBuffer
  /** The host's env, traced under `span`. */
  bind(span: Span<Env>): Env
  waitUntil(promise: Promise<unknown>): void
  /** A span has ended. */
  ended(record: OpenRecord): void
  /** A log record is to leave with the spans. */
  log(record: LogRecord): void
  /** True when `error` was recorded before, deeper down, so that it is recorded once on its way up. */
  seen(error: unknown): boolean
}

/** What a span hands on to its children beside its ids: trace state, baggage, and what formats pass through. */
export type Scope = Omit<PropagationContext, 'spanContext'> & { readonly traceState?: TraceState | undefined }
