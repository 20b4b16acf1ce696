// In: time and a trace id. Out: the first few traces of each second, and a share of the rest.
// Must stay true: the state is one token bucket an isolate; nothing is saved up beyond a second.
import { checked } from './check.ts'
import { rateLimited } from './rate-limited.ts'
import { traceIdRatio } from './ratio.ts'
import type { Sampler } from './sampler.ts'

/**
 * The sampling of an AWS X-Ray rule: `perSecond` traces for certain, then `ratio` of what comes beyond. X-Ray's own
 * default is `reservoir(1, 0.05)`. The reservoir holds whole traces; it is full when the isolate starts, so that
 * the first request of a cold start is seen.
 */
export const reservoir = (perSecond: number, ratio: number): Sampler => {
  checked('reservoir: perSecond', perSecond, 0)
  checked('reservoir: ratio', ratio, 0, 1)
  const share = traceIdRatio(ratio)
  const limited = perSecond > 0 ? rateLimited(perSecond, { beyond: share }) : share
  return {
    shouldSample: (input) => limited.shouldSample(input),
    description: `Reservoir{${perSecond}/s, ${ratio}}`,
  }
}
