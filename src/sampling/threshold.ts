// In: probabilities, trace ids. Out: thresholds and randomness of consistent probability sampling.
// Must stay true: both are 14 lower-case hex digits (56 bits), so that comparing the strings compares the numbers: a
// trace is kept if and only if `randomness >= threshold`, in every service and language (OpenTelemetry specification,
// "TraceState: Probability Sampling"). Doubles hold 53 bits; nothing here relies on more.

/** How much of 2^56 is rejected: 14 lower-case hex digits, or `NEVER`. */
export type Threshold = string

/** Rejects nothing: probability 1. */
export const ALWAYS: Threshold = '00000000000000'

/** Greater than any randomness: probability 0, which has no threshold on the wire. */
export const NEVER: Threshold = 'g'

/** Significant hex digits after the leading `f`s: the specification's default, a relative error below 2^-13. */
export const DEFAULT_PRECISION = 4

const HALF = 2 ** 28

/**
 * The threshold of a probability. 1 and more: `ALWAYS`; below 2^-56 or not a number: `NEVER`.
 * `precision` is the number of significant hex digits, 1–12; the smaller the probability, the more leading `f`s
 * precede them ("Converting floating-point probability to threshold value").
 */
export const thresholdOf = (probability: number, precision: number = DEFAULT_PRECISION): Threshold => {
  if (probability >= 1) return ALWAYS
  if (!(probability >= 2 ** -56)) return NEVER
  // With p = m · 2^e, 0.5 ≤ m < 1, the threshold begins with ⌊−e / 4⌋ times `f`, because p < 16^−⌊−e / 4⌋.
  let leading = 0
  while (probability * 2 ** (4 * leading + 4) < 1) leading++
  const digits = Math.min(Math.max(1, precision), 12, 14 - leading)
  const tail = 16 ** digits - Math.ceil(probability * 16 ** (leading + digits) - 0.5)
  if (tail >= 16 ** digits) return NEVER
  return ('f'.repeat(leading) + tail.toString(16).padStart(digits, '0')).padEnd(14, '0')
}

/** The probability that a threshold stands for; 0 for `NEVER`. */
export const probabilityOf = (threshold: Threshold): number => {
  if (threshold === NEVER) return 0
  const high = Number.parseInt(threshold.slice(0, 7), 16)
  return ((HALF - high) * HALF - Number.parseInt(threshold.slice(7), 16)) / HALF / HALF
}

/** How many traces a kept one stands for: the inverse of its probability. */
export const adjustedCountOf = (threshold: Threshold): number => 1 / probabilityOf(threshold)

/** The randomness of a trace: an explicit `rv`, else the right-most 56 bits of the trace id (Trace Context Level 2). */
export const randomnessOf = (traceId: string, explicit?: string): string => explicit ?? traceId.slice(18)
