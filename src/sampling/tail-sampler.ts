// In: everything one invocation saw of a trace. Out: keep it or not, why, and what the kept one stands for.
// Must stay true: pure; called once, at the close; the verdict is final, also for spans that end later.
import type { SpanRecord } from '../flush/model.ts'
import type { Baggage } from '../propagate/baggage.ts'
import type { SpanContext } from '../propagate/span-context.ts'

/** What this invocation saw of the trace: honest about being local, other services' spans are not in it. */
export interface LocalTrace {
  /** The invocation's own root span. Always in `spans` as well. */
  readonly root: SpanRecord
  /** Every span of the invocation that the buffer still holds, in order of start. */
  readonly spans: readonly SpanRecord[]
  /** Spans the buffer had to let go; it lets go of errors last. */
  readonly dropped: number
  /** Of these, how many had ended with an error. Default 0. */
  readonly droppedErrors?: number
  /** Root duration in milliseconds. */
  readonly durationMs: number
  /** The head sampler's decision, and so what the services downstream were told. */
  readonly headSampled: boolean
  /**
   * True where the tracer records nothing that the head sampler drops. The head's threshold then bounds every weight.
   * Default false: with a tail sampler everything is recorded.
   */
  readonly onlyHeadSampled?: boolean
  /** The remote parent, if any. */
  readonly parent: SpanContext | undefined
  readonly baggage: Baggage | undefined
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export interface TailVerdict {
  readonly keep: boolean
  /** Which policy decided; recorded on a kept root as `clew.sampling.policy`. */
  readonly policy?: string
  /**
   * How many invocations the kept one stands for, 1 or more; recorded on the root as `clew.sampling.adjusted_count`.
   * Absent where a threshold in the trace state says it, and where it is unknown.
   */
  readonly adjustedCount?: number
  /**
   * New trace state, serialised: `ot=th` where the specification defines a threshold for this decision, erased where it
   * does not. To be written to every exported span of this trace id, whose counts it restores. Absent: as it was.
   */
  readonly traceState?: string
}

/** Decides at the close of an invocation what leaves, whatever the head said. */
export interface TailSampler {
  decide(trace: LocalTrace): TailVerdict
  /** Name and parameters, for logs and for `clew.sampling.policy`. */
  readonly description: string
}
