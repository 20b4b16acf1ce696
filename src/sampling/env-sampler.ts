// In: the values of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`. Out: the sampler they name.
// Must stay true: never throws; what cannot be used is told in a sentence and counts as unset (specification,
// "Environment Variable Specification").
import { alwaysOff, alwaysOn } from './always.ts'
import { parentBased } from './parent-based.ts'
import { traceIdRatio } from './ratio.ts'
import type { Sampler } from './sampler.ts'

export interface EnvSampler {
  readonly sampler: Sampler
  /** What was wrong with the values, and what is used instead. */
  readonly problem?: string
}

/**
 * The sampler that the two variables name. Unset or blank: `parentbased_always_on`. Names in any letter case.
 * `traceidratio` writes consistent thresholds (the specification's successor of TraceIdRatioBased).
 */
export const samplerFromEnv = (name: string | undefined, arg: string | undefined): EnvSampler => {
  const wanted = name?.trim().toLowerCase() || 'parentbased_always_on'
  const following = wanted.startsWith('parentbased_')
  const wrap = (root: Sampler): Sampler => (following ? parentBased({ root }) : root)
  switch (following ? wanted.slice(12) : wanted) {
    case 'always_on':
      return { sampler: wrap(alwaysOn()) }
    case 'always_off':
      return { sampler: wrap(alwaysOff()) }
    case 'traceidratio': {
      const text = arg?.trim() || '1'
      const ratio = Number(text)
      if (ratio >= 0 && ratio <= 1) return { sampler: wrap(traceIdRatio(ratio)) }
      return {
        sampler: wrap(traceIdRatio(1)),
        problem: `OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, but is "${text}"; 1 is used`,
      }
    }
    default:
      return {
        sampler: parentBased({ root: alwaysOn() }),
        problem: `OTEL_TRACES_SAMPLER "${wanted}" is not known here; parentbased_always_on is used. Known: always_on, always_off, traceidratio, each also with parentbased_ in front`,
      }
  }
}
