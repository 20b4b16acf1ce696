// In: time. Out: so many traces a second and, beyond them, another sampler's decision.
// Must stay true: the state is one token bucket an isolate; a threshold never survives where the limit decided.
import { alwaysOff } from './always.ts'
import { checked } from './check.ts'
import { writeThreshold } from './ot.ts'
import type { Sampler, SamplingInput, SamplingResult } from './sampler.ts'
import { take, tokenBucket } from './token-bucket.ts'

export interface RateLimitedOptions {
  /** Traces that may come at once. Default: one second's worth, at least 1. */
  readonly burst?: number
  /** Who decides beyond the limit. Default `alwaysOff()`. */
  readonly beyond?: Sampler
}

/**
 * Samples at most `perSecond` traces a second in each isolate (a token bucket that starts full, as Jaeger's).
 *
 * As `parentBased({ root, remoteParentSampled: rateLimited(50) })` it honours strangers' sampled flags within a
 * budget. The parent's `ot=th` is kept while the limit does not bind; from the first refusal until the bucket is
 * full again the probability is unknown and `th` is erased.
 */
export const rateLimited = (perSecond: number, options: RateLimitedOptions = {}): Sampler => {
  checked('rateLimited: perSecond', perSecond, 0)
  const { beyond = alwaysOff() } = options
  const bucket = tokenBucket(perSecond, checked('rateLimited: burst', options.burst ?? Math.max(1, perSecond), 1))
  let binding = false
  return {
    shouldSample(input) {
      const allowed = take(bucket, input.nowMs)
      if (!allowed) binding = true
      else if (bucket.tokens >= bucket.capacity - 1) binding = false
      const result: SamplingResult = allowed ? { decision: 'RECORD_AND_SAMPLE' } : beyond.shouldSample(input)
      return binding ? { ...result, traceState: withoutThreshold(input, result) } : result
    },
    description: `RateLimited{${perSecond}/s, beyond=${beyond.description}}`,
  }
}

const withoutThreshold = (input: SamplingInput, result: SamplingResult): string =>
  writeThreshold(result.traceState ?? input.parent?.traceState?.serialize() ?? '', undefined)
