// In: durations. Out: the duration above which a given share of them lies.
// Must stay true: 1 kB whatever comes in; the answer is never above the true one by reason of its buckets, and below it
// by at most 2.5 % (for 1 ms to 5 min). A logarithmic histogram after DDSketch (Masson et al., VLDB 2019), with fixed
// buckets instead of a growing map, and with decay.

/** Each bucket ends 2.5 % above its beginning: the stated relative error. */
export const RELATIVE_ERROR = 0.025
/** The first holds everything below 1 ms, the last everything above 1.025^510 ms, about five minutes. */
export const BUCKETS = 512
/** Halved when full: old observations fade, and 16 bits a bucket suffice. */
export const CAPACITY = 32_768
/** Half-lives after which nothing is left of any count. */
const BITS = 16

const LOG_STEP = Math.log1p(RELATIVE_ERROR)

/** Plain data: how many durations fell into each bucket. */
export interface QuantileSketch {
  readonly buckets: Uint16Array
  count: number
  /** Epoch milliseconds of the latest halving by time. */
  decayedMs: number
}

export const quantileSketch = (nowMs: number): QuantileSketch => ({
  buckets: new Uint16Array(BUCKETS),
  count: 0,
  decayedMs: nowMs,
})

export const observe = (sketch: QuantileSketch, durationMs: number): void => {
  sketch.buckets[bucketOf(durationMs)]!++
  if (++sketch.count >= CAPACITY) halve(sketch)
}

/** Halves once for every half-life passed: an idle isolate forgets. */
export const decay = (sketch: QuantileSketch, nowMs: number, halfLifeMs: number): void => {
  const times = Math.floor((nowMs - sketch.decayedMs) / halfLifeMs)
  if (times <= 0) return
  sketch.decayedMs += times * halfLifeMs
  if (times >= BITS) {
    sketch.buckets.fill(0)
    sketch.count = 0
  } else for (let i = 0; i < times; i++) halve(sketch)
}

/**
 * The largest bucket edge that at least `rank` observations lie at or above; 0 where there are fewer.
 */
export const edgeAbove = ({ buckets }: QuantileSketch, rank: number): number => {
  let above = 0
  for (let i = BUCKETS - 1; i > 0; i--) {
    above += buckets[i]!
    if (above >= rank) return Math.exp((i - 1) * LOG_STEP)
  }
  return 0
}

const bucketOf = (durationMs: number): number =>
  durationMs >= 1 ? Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(durationMs) / LOG_STEP + 1e-9)) : 0

const halve = (sketch: QuantileSketch): void => {
  let count = 0
  // Odd counts are rounded up in every other bucket: rounding all down would eat the sparse tail that matters here.
  for (let i = 0; i < BUCKETS; i++) count += sketch.buckets[i] = (sketch.buckets[i]! + (i & 1)) >> 1
  sketch.count = count
}
