// In: traces by key. Out: as many a second as were asked for, whatever the load, rare kinds included.
// Must stay true: kept if and only if randomness >= threshold, the same as every ratio: the weight is exact.
import { adaptiveRates, probabilityFor } from './adaptive-rates.ts'
import { checked } from './check.ts'
import { byRoute, type TraceKey } from './key.ts'
import { policy, randomnessOfTrace, type TailPolicy } from './policy.ts'
import { thresholdOf } from './threshold.ts'

export interface AdaptiveOptions {
  /** Traces to keep a second and isolate. One of `perSecond` and `perMinute` is needed. */
  readonly perSecond?: number
  readonly perMinute?: number
  /** What kinds there are. Default `byRoute`. */
  readonly key?: TraceKey
  /** True: the target holds for each kind; false (default): for all together, shared by the logarithm of their load. */
  readonly each?: boolean
  /** Kinds told apart; the rest share one rate. Default 256. */
  readonly maxKeys?: number
  /** Milliseconds between adjustments. Default 15,000; the first are at 1, 3 and 7 s of the isolate's life. */
  readonly intervalMs?: number
  /** Weight of the latest interval in the moving average, 0–1. Default 0.5. */
  readonly weight?: number
}

/**
 * Follows the load: hot kinds are thinned, a kind's first trace is kept, and together they come to the target.
 * In compositions it is asked only about traces that no certain policy keeps, so errors do not use up its budget.
 */
export const adaptive = (options: AdaptiveOptions): TailPolicy => {
  const { key = byRoute, each = false } = options
  const perSecond = options.perSecond ?? (options.perMinute ?? Number.NaN) / 60
  const rates = adaptiveRates({
    perSecond: checked('adaptive: perSecond or perMinute', perSecond, 1e-6),
    each,
    maxKeys: checked('adaptive: maxKeys', options.maxKeys ?? 256, 1),
    intervalMs: checked('adaptive: intervalMs', options.intervalMs ?? 15_000, 1),
    weight: checked('adaptive: weight', options.weight ?? 0.5, 0.01, 1),
  })
  const description = `adaptive(${options.perSecond === undefined ? `${options.perMinute}/min` : `${perSecond}/s`})`
  return policy(
    description,
    (trace) => {
      const threshold = thresholdOf(probabilityFor(rates, key(trace), trace.nowMs))
      const keep = randomnessOfTrace(trace) >= threshold
      return { keep, ...(keep && { policy: description }), threshold }
    },
    true,
  )
}
