// In: what is known when an invocation begins. Out: whether to record it and what to tell the services it calls.
// Must stay true: pure; time and randomness are arguments; a sampler never throws (the caller counts it if it does).
import type { Attributes, LinkRecord, SpanKind } from '../flush/model.ts'
import type { Baggage } from '../propagate/baggage.ts'
import type { Getter, UpstreamDecision } from '../propagate/propagator.ts'
import type { SpanContext } from '../propagate/span-context.ts'

/** OpenTelemetry specification, trace SDK, "SamplingResult": the three decisions by their names there. */
export type SamplingDecision = 'DROP' | 'RECORD_ONLY' | 'RECORD_AND_SAMPLE'

export interface SamplingInput {
  /** The remote parent, when one was accepted. */
  readonly parent: SpanContext | undefined
  /** What the caller said beyond the sampled flag. */
  readonly upstream: UpstreamDecision | undefined
  readonly traceId: string
  /** True when `traceId` was made here: its right-most 56 bits are random. */
  readonly isNewTrace: boolean
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
  readonly links: readonly LinkRecord[]
  readonly baggage: Baggage | undefined
  /** The incoming headers or their like, for rules; absent where the host's event has none. */
  readonly headers: Getter | undefined
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export interface SamplingResult {
  readonly decision: SamplingDecision
  /** Added to the root span's. */
  readonly attributes?: Attributes
  /** Replaces the trace state, serialised; an empty string clears it; absent keeps the parent's. */
  readonly traceState?: string
}

/** Head sampler: decides once an invocation, at its start (specification, trace SDK, "Sampler"). */
export interface Sampler {
  shouldSample(input: SamplingInput): SamplingResult
  /** Name and parameters, for logs. */
  readonly description: string
}
