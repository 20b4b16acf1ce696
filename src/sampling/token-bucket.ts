// In: time and a cost. Out: whether the budget allows it.
// Must stay true: plain data of constant size; time may stand still or go back and never mints tokens twice.

/** A token bucket an isolate shares. */
export interface TokenBucket {
  readonly perSecond: number
  /** Tokens it holds at most. */
  readonly capacity: number
  tokens: number
  /** Epoch milliseconds of the latest refill; 0 before the first. */
  filledMs: number
}

/** `capacity` defaults to one second's tokens and at least 1 (as Jaeger's rate limiter); `tokens` to a
 * full bucket, or none where nothing ever comes in. */
export const tokenBucket = (
  perSecond: number,
  capacity: number = Math.max(1, perSecond),
  tokens: number = perSecond > 0 ? capacity : 0,
): TokenBucket => ({ perSecond, capacity, tokens, filledMs: 0 })

/** Adds what time has brought. */
export const refill = (bucket: TokenBucket, nowMs: number): void => {
  if (bucket.filledMs === 0) bucket.filledMs = nowMs
  if (nowMs <= bucket.filledMs) return
  bucket.tokens = Math.min(bucket.capacity, bucket.tokens + ((nowMs - bucket.filledMs) / 1000) * bucket.perSecond)
  bucket.filledMs = nowMs
}

/**
 * Takes `cost` tokens, or none and answers false. What costs more than the bucket can ever hold is taken from a full
 * one and leaves a debt, so that it is rare and not impossible.
 */
export const take = (bucket: TokenBucket, nowMs: number, cost: number = 1): boolean => {
  refill(bucket, nowMs)
  if (bucket.tokens < Math.min(cost, bucket.capacity)) return false
  bucket.tokens -= cost
  return true
}
