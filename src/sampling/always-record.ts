// In: a head sampler. Out: the same decisions, with everything recorded.
// Must stay true: what travels downstream is the wrapped sampler's decision; only `DROP` becomes `RECORD_ONLY`.
import type { Sampler } from './sampler.ts'

/**
 * Records also what `root` drops, without sampling it (trace SDK, "AlwaysRecord"): the evidence for a tail sampler,
 * a span processor or metrics. A tracer with a tail sampler does this by itself.
 */
export const alwaysRecord = (root: Sampler): Sampler => ({
  shouldSample(input) {
    const result = root.shouldSample(input)
    return result.decision === 'DROP' ? { ...result, decision: 'RECORD_ONLY' } : result
  },
  description: `AlwaysRecord{${root.description}}`,
})
