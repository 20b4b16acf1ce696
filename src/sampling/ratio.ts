// In: a ratio and a trace id. Out: the decision every service with this ratio takes for this trace.
// Must stay true: what a lower ratio keeps, a higher one keeps too; the threshold written is the one compared with.
import { readOt, writeThreshold } from './ot.ts'
import type { Sampler } from './sampler.ts'
import { ALWAYS, NEVER, randomnessOf, type Threshold, thresholdOf } from './threshold.ts'

/**
 * Keeps a share of all traces, chosen by the randomness of the trace id or by an explicit `rv` (trace SDK,
 * "ProbabilitySampler", the successor of "TraceIdRatioBased"). Ignores the parent's sampled flag; put it under
 * `parentBased({ root: … })` to follow it. Kept traces say `ot=th:…`, so that counts can be recovered.
 *
 * `ratio`: 0–1; 1 and more keeps all; 0, less than 2^-56 or not a number keeps none. `precision`: significant hex
 * digits of the threshold, 1–12, default 4.
 *
 * The trace id of a caller that does not guarantee random ids is taken as random all the same: there is nothing else
 * that all services could agree on.
 */
export const traceIdRatio = (ratio: number, precision?: number): Sampler => {
  const threshold: Threshold = thresholdOf(ratio, precision)
  return {
    shouldSample({ parent, traceId }) {
      const list = parent?.traceState?.serialize() ?? ''
      const kept = randomnessOf(traceId, readOt(list).randomness) >= threshold
      return {
        decision: kept ? 'RECORD_AND_SAMPLE' : 'DROP',
        ...((kept || list) && { traceState: writeThreshold(list, kept ? threshold : undefined) }),
      }
    },
    description: `ProbabilitySampler{${threshold === NEVER ? 0 : threshold === ALWAYS ? 1 : ratio}}`,
  }
}
