// In: a trace. Out: whether it is among a consistent share of all traces, or among the head sampler's.
// Must stay true: the same arithmetic as the head's, so that what a lower ratio keeps, a higher one keeps too.
import { SAMPLED } from '../propagate/span-context.ts'
import { readOt } from './ot.ts'
import { keepWhen, MISS, policy, randomnessOfTrace, type TailPolicy } from './policy.ts'
import { thresholdOf } from './threshold.ts'

/** Keeps a share of all traces; `probability` and `precision` as for `traceIdRatio` (Collector: `probabilistic`). */
export const ratio = (probability: number, precision?: number): TailPolicy => {
  const threshold = thresholdOf(probability, precision)
  const description = `ratio(${probability})`
  return policy(description, (trace) => {
    const keep = randomnessOfTrace(trace) >= threshold
    return { keep, ...(keep && { policy: description }), threshold }
  })
}

/**
 * Keeps what the head sampler sampled: those traces are complete, because the services downstream were told "yes".
 * The weight is the head's `ot=th` where there is one, else unknown.
 */
export const headSampled = (): TailPolicy =>
  policy('headSampled', (trace) => {
    if (!trace.headSampled) return MISS
    const { threshold } = readOt(trace.root.traceState)
    return { keep: true, policy: 'headSampled', ...(threshold !== undefined && { threshold }) }
  })

/** Keeps traces whose remote parent has the sampled flag (Collector: `trace_flags`). */
export const parentSampled = (): TailPolicy =>
  keepWhen('parentSampled', ({ parent }) => ((parent?.traceFlags ?? 0) & SAMPLED) !== 0)
