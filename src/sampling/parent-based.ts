// In: the parent's decision. Out: the same decision, or the root sampler's where nobody decided before us.
// Must stay true: a threshold that contradicts the decision does not travel on (OpenTelemetry specification,
// "TraceState: Probability Sampling", general requirements).
import { SAMPLED } from '../propagate/span-context.ts'
import { alwaysOff, alwaysOn } from './always.ts'
import { readOt, writeThreshold } from './ot.ts'
import type { Sampler, SamplingInput, SamplingResult } from './sampler.ts'
import { randomnessOf } from './threshold.ts'

/** Who decides in each of the five cases (trace SDK, "ParentBased"). */
export interface ParentBasedOptions {
  /** Nobody upstream decided: no parent, or one that defers. */
  readonly root: Sampler
  /** Default `alwaysOn()`. With `rateLimited(n)`, strangers who set the flag spend at most n traces a second. */
  readonly remoteParentSampled?: Sampler
  /** Default `alwaysOff()`. */
  readonly remoteParentNotSampled?: Sampler
  /** Default `alwaysOn()`. */
  readonly localParentSampled?: Sampler
  /** Default `alwaysOff()`. */
  readonly localParentNotSampled?: Sampler
}

/**
 * Follows the parent. Formats that say more than the sampled flag are heard too: "debug" and "accept" count as
 * sampled, "deny" as not sampled, "deferred" as no parent.
 */
export const parentBased = (options: ParentBasedOptions): Sampler => {
  const {
    root,
    remoteParentSampled = alwaysOn(),
    remoteParentNotSampled = alwaysOff(),
    localParentSampled = alwaysOn(),
    localParentNotSampled = alwaysOff(),
  } = options

  const choose = ({ parent, upstream }: SamplingInput): Sampler => {
    if (upstream === 'deferred' || (!parent && !upstream)) return root
    const sampled = upstream ? upstream !== 'deny' : (parent!.traceFlags & SAMPLED) !== 0
    if (parent && !parent.isRemote) return sampled ? localParentSampled : localParentNotSampled
    return sampled ? remoteParentSampled : remoteParentNotSampled
  }

  return {
    shouldSample(input) {
      const result = choose(input).shouldSample(input)
      return result.traceState === undefined ? withoutContradiction(input, result) : result
    },
    description: `ParentBased{root=${root.description}, remoteParentSampled=${remoteParentSampled.description}, remoteParentNotSampled=${remoteParentNotSampled.description}, localParentSampled=${localParentSampled.description}, localParentNotSampled=${localParentNotSampled.description}}`,
  }
}

const withoutContradiction = (input: SamplingInput, result: SamplingResult): SamplingResult => {
  const list = input.parent?.traceState?.serialize() ?? ''
  const { threshold, randomness } = readOt(list)
  if (threshold === undefined) return result
  const selected = randomnessOf(input.traceId, randomness) >= threshold
  if (selected === (result.decision === 'RECORD_AND_SAMPLE')) return result
  return { ...result, traceState: writeThreshold(list, undefined) }
}
