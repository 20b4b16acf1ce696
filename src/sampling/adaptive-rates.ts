// In: how often each key was seen, and when. Out: the probability each is to be kept with, within one budget.
// Must stay true: a probability depends on keys, counts and time, never on the randomness of the trace at hand, so that
// it is a valid threshold; memory is bounded by the number of keys; the budget is shared by the logarithm of the load
// (the exponential-moving-average method of Honeycomb's dynsampler, "EMAThroughput").
import { entryOf, type KeyTable } from './key.ts'

interface KeyRate {
  usedMs: number
  /** Exponential moving average of traces a second; 0 until its first interval has ended. */
  average: number
  /** Traces in the current interval. */
  count: number
  /** Traces a second that may be kept; 0 until its first interval has ended. */
  goal: number
}

export interface RatesOptions {
  /** Traces a second to be kept: of all keys together, or of each one. */
  readonly perSecond: number
  readonly each: boolean
  readonly maxKeys: number
  /** Length of a full interval. */
  readonly intervalMs: number
  /** Weight of the latest interval in the average, 0–1. */
  readonly weight: number
}

export interface AdaptiveRates {
  readonly options: RatesOptions
  readonly table: KeyTable<KeyRate>
  /** Epoch milliseconds at which the current interval began; 0 before the first trace. */
  startMs: number
  /** Length of the current interval: 1 s at first, doubled until it is full. */
  lengthMs: number
  /** Keys first seen in this interval. */
  newKeys: number
  /** Traces a second that no known key claims, for those first seen in this interval. */
  unclaimed: number
}

/** First interval: short, because until it ends every key is unknown. */
const FIRST_INTERVAL_MS = 1000
/** Traces an interval below which a key is forgotten once it stays away. */
const AGE_OUT = 0.5

export const adaptiveRates = (options: RatesOptions): AdaptiveRates => ({
  options,
  table: { entries: new Map(), limit: options.maxKeys },
  startMs: 0,
  lengthMs: Math.min(FIRST_INTERVAL_MS, options.intervalMs),
  newKeys: 0,
  unclaimed: options.perSecond,
})

/** Counts one trace and answers the probability to keep it with. */
export const probabilityFor = (rates: AdaptiveRates, key: string, nowMs: number): number => {
  const { options, table } = rates
  if (rates.startMs === 0) rates.startMs = nowMs
  if (nowMs - rates.startMs >= rates.lengthMs) endInterval(rates, nowMs)
  const rate = entryOf(table, key, nowMs, options.intervalMs, () => {
    rates.newKeys++
    return { usedMs: nowMs, average: 0, count: 0, goal: 0 }
  })
  rate.count++
  const seconds = rates.lengthMs / 1000
  // A key without history may have its part of what is unclaimed, and is seen at least once.
  const goal = rate.goal > 0 ? rate.goal : Math.max(1 / seconds, rates.unclaimed / (options.each ? 1 : rates.newKeys))
  // More than expected: the surplus is thinned as it comes, so that a burst of n times adds only its logarithm.
  return Math.min(1, (goal * seconds) / Math.max(rate.average * seconds, rate.count))
}

const endInterval = (rates: AdaptiveRates, nowMs: number): void => {
  const { options, table } = rates
  const seconds = (nowMs - rates.startMs) / 1000
  // An interval that lasted longer, for want of traffic, weighs as many intervals: an idle isolate forgets.
  const weight = 1 - (1 - options.weight) ** ((nowMs - rates.startMs) / rates.lengthMs)
  for (const [key, rate] of table.entries) {
    const seen = rate.count / seconds
    // The first interval has no average to blend with; it counts in full.
    rate.average = rate.goal === 0 ? seen : rate.average + weight * (seen - rate.average)
    if (rate.count === 0 && rate.average * (options.intervalMs / 1000) < AGE_OUT) table.entries.delete(key)
    rate.count = 0
  }
  rates.startMs = nowMs
  rates.lengthMs = Math.min(options.intervalMs, rates.lengthMs * 2)
  rates.newKeys = 0
  allot(rates)
}

/**
 * Shares the budget: by the logarithm of the load, smallest key first, so that what a key cannot use goes to the larger
 * ones; and at least once an interval, as far as that takes no more than half of the budget.
 */
const allot = (rates: AdaptiveRates): void => {
  const { perSecond, each, intervalMs } = rates.options
  const keys = [...rates.table.entries.values()]
  if (each) {
    for (const rate of keys) rate.goal = perSecond
    return
  }
  const floor = Math.min(1000 / intervalMs, perSecond / 2 / Math.max(1, keys.length))
  const share = (rate: KeyRate): number => Math.log1p((rate.average * intervalMs) / 1000)
  keys.sort((a, b) => a.average - b.average)
  let left = perSecond
  let shares = keys.reduce((sum, rate) => sum + share(rate), 0)
  for (const rate of keys) {
    const mine = share(rate)
    rate.goal = Math.max(floor, shares > 0 ? (left * mine) / shares : left)
    left = Math.max(0, left - Math.min(rate.average, rate.goal))
    shares -= mine
  }
  rates.unclaimed = left
}
