// In: the spans of one kept trace. Out: fewer of them, and how many are gone in which way.
// Must stay true: pure; asked at the close, after the tail sampler, before anything is encoded.
import type { SpanRecord } from '../flush/model.ts'

export interface BudgetedTrace {
  readonly spans: readonly SpanRecord[]
  /** Spans that others stand for now, with their counts. Not lost. */
  readonly collapsed: number
  /** Spans that are left out: to be counted as lost. */
  readonly dropped: number
}

/** Makes a kept trace smaller. `spans` in order of start, the invocation's root first; the same list where it fits. */
export type TraceBudget = (spans: readonly SpanRecord[]) => BudgetedTrace
