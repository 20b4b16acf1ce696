// In: a way to make a policy. Out: bytes of state one of them holds after it has seen many keys.
// Must stay true: measured by the engine after a collection, over enough copies that its own noise does not show.
import type { TailSampler } from '../../src/sampling/tail-sampler.ts'
import { draws } from './random.ts'
import { localTrace } from './run.ts'
import { traffic } from './traffic.ts'

const COPIES = 40

/** `strangers`: requests with a route of their own each, after the ordinary ones. Needs `--expose-gc`. */
export const stateBytes = (make: () => TailSampler, requests: number, strangers: number, seed: number): number => {
  const random = draws(seed).uniform
  const feed = (policies: readonly TailSampler[]): void => {
    for (const request of traffic(requests, seed)) {
      const trace = localTrace(request, random)
      for (const policy of policies) policy.decide(trace)
    }
    let i = 0
    for (const request of traffic(strangers, seed + 2)) {
      const trace = localTrace(request, random)
      // As cut out of a long URL: a key that kept the whole of it alive would show.
      const route = `${'x'.repeat(4000)}/stranger/${i++}/${'y'.repeat(200)}`.slice(4000)
      const attributes = { ...trace.root.attributes, 'http.route': route }
      const stranger = { ...trace, root: { ...trace.root, attributes } }
      for (const policy of policies) policy.decide(stranger)
    }
  }
  feed([make()])
  const before = used()
  const policies = Array.from({ length: COPIES }, make)
  feed(policies)
  const bytes = (used() - before) / COPIES
  // Read afterwards, so that the engine cannot have collected them.
  if (policies.length !== COPIES) throw new Error('lost a policy')
  return Math.max(0, bytes)
}

const used = (): number => {
  globalThis.gc!()
  globalThis.gc!()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
