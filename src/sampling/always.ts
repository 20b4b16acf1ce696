// In: nothing that matters. Out: the two constant decisions.
// Must stay true: the parent's trace state is left as it is; both are small enough to be in every bundle.
import type { Sampler } from './sampler.ts'

/** Records and samples everything (trace SDK, "AlwaysOn"). */
export const alwaysOn = (): Sampler => ({
  shouldSample: () => ({ decision: 'RECORD_AND_SAMPLE' }),
  description: 'AlwaysOnSampler',
})

/** Records nothing (trace SDK, "AlwaysOff"). */
export const alwaysOff = (): Sampler => ({
  shouldSample: () => ({ decision: 'DROP' }),
  description: 'AlwaysOffSampler',
})
