// In: nothing. Out: the identity of a span, as every other folder of clew knows it.
// Must stay true: ids travel only inside a SpanContext, lower-case hex, never all zero when valid.
import type { TraceState } from './trace-state.ts'

/**
 * The identity of a span (OpenTelemetry Trace API, "SpanContext"). Structurally the `SpanContext` of
 * `@opentelemetry/api`, so either may be passed where the other is wanted.
 */
export interface SpanContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string
  /** W3C trace flags: `SAMPLED` and `RANDOM` are defined (Trace Context Level 2, section 3.2.2.5). */
  readonly traceFlags: number
  /** The vendors' list that travels with the ids. Absent when empty. */
  readonly traceState?: TraceState
  /** True when the context arrived from another process. */
  readonly isRemote?: boolean
}

/** The caller may have recorded the trace (Trace Context Level 2, 3.2.2.5.1). */
export const SAMPLED = 0x01
/** The right-most seven bytes of the trace id are random (Trace Context Level 2, 3.2.2.5.2). */
export const RANDOM = 0x02
