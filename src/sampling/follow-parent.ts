// In: the caller's decision. Out: the same; everything, where nobody decided before us.
// Must stay true: the parent's trace state is left as it is. This is the default sampler, in every bundle: it is
// `parentBased({ root: alwaysOn() })` without the parts that need configuration.
import { SAMPLED } from '../propagate/span-context.ts'
import type { Sampler } from './sampler.ts'

export const followParent: Sampler = {
  shouldSample: ({ parent, upstream }) => ({
    decision:
      upstream === 'deny' || (parent && !upstream && !(parent.traceFlags & SAMPLED)) ? 'DROP' : 'RECORD_AND_SAMPLE',
  }),
  description: 'ParentBased{root=AlwaysOnSampler}',
}
