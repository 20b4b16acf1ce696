// In: a composition of rules. Out: one consistent decision, with the threshold that was compared written to `ot=th`.
// Must stay true: an intent never depends on the randomness of the trace (unless it says it is unreliable), so that a
// threshold stays a probability (trace SDK, "CompositeSampler").
import type { Attributes } from '../flush/model.ts'
import { SAMPLED } from '../propagate/span-context.ts'
import { readOt, writeThreshold } from './ot.ts'
import type { Sampler, SamplingInput } from './sampler.ts'
import { ALWAYS, NEVER, randomnessOf, type Threshold, thresholdOf } from './threshold.ts'

/** What a composable sampler wants, before anybody looks at randomness (trace SDK, "SamplingIntent"). */
export interface SamplingIntent {
  /** `NEVER` drops. */
  readonly threshold: Threshold
  /** False: the threshold is no probability, so none is written. */
  readonly reliable: boolean
  /** Added to the root span if it is sampled. */
  readonly attributes?: Attributes
}

/** A sampler that can be composed (trace SDK, "ComposableSampler"). */
export interface ComposableSampler {
  getSamplingIntent(input: SamplingInput): SamplingIntent
  readonly description: string
}

const DROP_INTENT: SamplingIntent = { threshold: NEVER, reliable: false }

/**
 * Decides by the intent of `sampler` (trace SDK, "CompositeSampler"). A reliable threshold is compared with the
 * randomness of the trace and written; an unreliable one is compared with fresh randomness and `th` is erased.
 * `rv` is never changed.
 */
export const compositeSampler = (sampler: ComposableSampler): Sampler => ({
  shouldSample(input) {
    const list = input.parent?.traceState?.serialize() ?? ''
    const { threshold, reliable, attributes } = sampler.getSamplingIntent(input)
    const randomness = reliable ? randomnessOf(input.traceId, readOt(list).randomness) : fresh(input.random)
    if (randomness < threshold) return { decision: 'DROP', traceState: writeThreshold(list, undefined) }
    return {
      decision: 'RECORD_AND_SAMPLE',
      traceState: writeThreshold(list, reliable ? threshold : undefined),
      ...(attributes && { attributes }),
    }
  },
  description: `Composite{${sampler.description}}`,
})

/** Keeps everything and says so: `ot=th:0`. */
export const composableAlwaysOn = (): ComposableSampler => ({
  getSamplingIntent: () => ({ threshold: ALWAYS, reliable: true }),
  description: 'ComposableAlwaysOn',
})

export const composableAlwaysOff = (): ComposableSampler => ({
  getSamplingIntent: () => DROP_INTENT,
  description: 'ComposableAlwaysOff',
})

/** Keeps a share of all traces. `ratio` and `precision` as for `traceIdRatio`. */
export const composableProbability = (ratio: number, precision?: number): ComposableSampler => {
  const threshold = thresholdOf(ratio, precision)
  return {
    getSamplingIntent: () => (threshold === NEVER ? DROP_INTENT : { threshold, reliable: true }),
    description: `ComposableProbability{${ratio}}`,
  }
}

/** The parent's threshold; its sampled flag where it has none; `root` where there is no parent. */
export const parentThreshold = (root: ComposableSampler): ComposableSampler => ({
  getSamplingIntent(input) {
    if (!input.parent) return root.getSamplingIntent(input)
    const { threshold } = readOt(input.parent.traceState?.serialize() ?? '')
    if (threshold !== undefined) return { threshold, reliable: true }
    return (input.parent.traceFlags & SAMPLED) !== 0 ? { threshold: ALWAYS, reliable: false } : DROP_INTENT
  },
  description: `ComposableParentThreshold{${root.description}}`,
})

/** The sampler of the first rule whose predicate holds; drops where none does. */
export const ruleBased = (
  rules: readonly (readonly [predicate: (input: SamplingInput) => boolean, sampler: ComposableSampler])[],
): ComposableSampler => ({
  getSamplingIntent(input) {
    const rule = rules.find(([predicate]) => predicate(input))
    return rule ? rule[1].getSamplingIntent(input) : DROP_INTENT
  },
  description: `ComposableRuleBased{${rules.map(([, sampler]) => sampler.description).join(',')}}`,
})

/** Adds attributes to what `delegate` keeps; the delegate's own win. */
export const annotating = (attributes: Attributes, delegate: ComposableSampler): ComposableSampler => ({
  getSamplingIntent(input) {
    const intent = delegate.getSamplingIntent(input)
    return { ...intent, attributes: { ...attributes, ...intent.attributes } }
  },
  description: `ComposableAnnotating{${delegate.description}}`,
})

/** 56 fresh random bits as 14 hex digits, from two draws of 28. */
const fresh = (random: () => number): string => half(random()) + half(random())

const half = (uniform: number): string =>
  Math.floor(uniform * 2 ** 28)
    .toString(16)
    .padStart(7, '0')
