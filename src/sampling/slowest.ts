// In: the duration of every trace. Out: whether it belongs to the slowest few percent of its kind.
// Must stay true: every trace is learnt from, kept or not; memory is bounded by the number of keys; in doubt it keeps.
import { checked } from './check.ts'
import { byRoute, entryOf, type KeyTable, type TraceKey } from './key.ts'
import { type Judgement, MISS, policy, type TailPolicy } from './policy.ts'
import { decay, edgeAbove, observe, type QuantileSketch, quantileSketch } from './quantile-sketch.ts'
import { ALWAYS } from './threshold.ts'

export interface SlowestOptions {
  /** 50–99.9: traces above this percentile of their kind are kept. Default 95. */
  readonly percentile?: number
  /** What kinds there are. Default `byRoute`. */
  readonly key?: TraceKey
  /** Kinds told apart; the rest share one estimate. Default 64: at 1 kB each, a quarter of the isolate's 256 kB. */
  readonly maxKeys?: number
  /** Milliseconds after which an observation counts half. Default ten minutes. */
  readonly halfLifeMs?: number
}

interface Estimate {
  usedMs: number
  readonly sketch: QuantileSketch
  /** Milliseconds from which on a trace is kept. */
  cut: number
  /** Observations when the cut was last computed. */
  renewedAt: number
}

/** How many standard errors the cut stays below the estimate: too high for chance about once in 40 times. */
const CAUTION = 2
/** Half-lives without a trace after which a kind gives up its place. */
const IDLE_HALF_LIVES = 4

/**
 * Keeps the slowest of each kind, by a percentile estimated as it goes. The cut is the lower confidence bound of the
 * percentile, read at the lower edge of its bucket: what is missed of the truly slowest is small from the start, and
 * what is kept beyond them shrinks with the root of the number of traces seen. Warm-up: a kind's first
 * 100 / (100 − percentile) traces are kept, because no percentile can be known before.
 */
export const slowest = (options: SlowestOptions = {}): TailPolicy => {
  const { key = byRoute } = options
  const percentile = checked('slowest: percentile', options.percentile ?? 95, 50, 99.9)
  const limit = checked('slowest: maxKeys', options.maxKeys ?? 64, 1)
  const halfLifeMs = checked('slowest: halfLifeMs', options.halfLifeMs ?? 600_000, 1000)
  const share = 1 - percentile / 100
  const table: KeyTable<Estimate> = { entries: new Map(), limit }
  const description = `slowest(${percentile})`
  const kept: Judgement = { keep: true, policy: description, threshold: ALWAYS }

  return policy(description, (trace) => {
    const { nowMs, durationMs } = trace
    const estimate = entryOf(table, key(trace), nowMs, IDLE_HALF_LIVES * halfLifeMs, () => ({
      usedMs: nowMs,
      sketch: quantileSketch(nowMs),
      cut: 0,
      renewedAt: 0,
    }))
    const { sketch } = estimate
    decay(sketch, nowMs, halfLifeMs)
    // Two per cent more than when last computed; or fewer, because it has been halved.
    if (sketch.count > estimate.renewedAt * 1.02 || sketch.count < estimate.renewedAt) renew(estimate, share)
    observe(sketch, durationMs)
    return durationMs >= estimate.cut ? kept : MISS
  })
}

const renew = (estimate: Estimate, share: number): void => {
  const { count } = estimate.sketch
  const rank = count * share
  // The tolerance is for the share: 1 − 0.95 is a little less than a twentieth.
  const warm = rank >= 1 - 1e-9
  estimate.cut = warm ? edgeAbove(estimate.sketch, rank + CAUTION * Math.sqrt(rank * (1 - share))) : 0
  estimate.renewedAt = count
}
