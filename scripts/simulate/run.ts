// In: traffic and a policy. Out: what it kept, what it missed, and what its weights add up to.
// Must stay true: the truth is computed from all the traffic, before any policy sees it.

import { readOt } from '../../src/sampling/ot.ts'
import { traceIdRatio } from '../../src/sampling/ratio.ts'
import { spanBytes } from '../../src/sampling/span-size.ts'
import type { LocalTrace, TailSampler } from '../../src/sampling/tail-sampler.ts'
import { adjustedCountOf } from '../../src/sampling/threshold.ts'
import { draws } from './random.ts'
import { type Request, ROUTES, traffic } from './traffic.ts'

export interface Truth {
  readonly requests: number
  readonly errors: number
  /** Requests slower than the true 95th percentile of their route. */
  readonly slow: number
  readonly slowFromMs: readonly number[]
  readonly seconds: number
}

export interface Outcome {
  readonly kept: number
  readonly errorsMissed: number
  readonly slowMissed: number
  readonly bytes: number
  /** Sum of the weights, where all of the kept had one. */
  readonly weighted: number | undefined
  /** Standard deviation to be expected of `weighted`, had every trace been drawn with its own probability. */
  readonly deviation: number
  readonly byPolicy: ReadonlyMap<string, number>
}

/** The head sampler of the recommended setting. */
const head = traceIdRatio(0.01)

export const truthOf = (count: number, seed: number): Truth => {
  const durations: number[][] = Array.from({ length: ROUTES }, () => [])
  let errors = 0
  let first = 0
  let last = 0
  for (const request of traffic(count, seed)) {
    durations[request.route]!.push(request.durationMs)
    if (request.failed) errors++
    first ||= request.startMs
    last = request.startMs
  }
  let slow = 0
  const slowFromMs = durations.map((list) => {
    list.sort((a, b) => a - b)
    const at = Math.ceil(list.length * 0.95)
    slow += list.length - at
    return list[at] ?? Number.POSITIVE_INFINITY
  })
  return { requests: count, errors, slow, slowFromMs, seconds: (last - first) / 1000 }
}

/** Shows every policy the same traffic. */
export const run = (policies: readonly TailSampler[], truth: Truth, seed: number): readonly Outcome[] => {
  const random = draws(seed + 1)
  const outcomes = policies.map((): Writable<Outcome> & { byPolicy: Map<string, number>; variance: number } => ({
    kept: 0,
    errorsMissed: 0,
    slowMissed: 0,
    bytes: 0,
    weighted: 0,
    deviation: 0,
    variance: 0,
    byPolicy: new Map(),
  }))
  for (const request of traffic(truth.requests, seed)) {
    const trace = localTrace(request, random.uniform)
    const slow = request.durationMs >= truth.slowFromMs[request.route]!
    let bytes = 0
    for (const span of request.spans) bytes += spanBytes(span)
    for (const [i, policy] of policies.entries()) {
      const outcome = outcomes[i]!
      const verdict = policy.decide(trace)
      if (!verdict.keep) {
        if (request.failed) outcome.errorsMissed++
        if (slow) outcome.slowMissed++
        continue
      }
      outcome.kept++
      outcome.bytes += bytes
      const { threshold } = readOt(verdict.traceState ?? trace.root.traceState)
      const weight = threshold === undefined ? verdict.adjustedCount : adjustedCountOf(threshold)
      if (weight === undefined || outcome.weighted === undefined) outcome.weighted = undefined
      else {
        outcome.weighted += weight
        outcome.variance += weight * (weight - 1)
      }
      const name = verdict.policy ?? '(none)'
      outcome.byPolicy.set(name, (outcome.byPolicy.get(name) ?? 0) + 1)
    }
  }
  return outcomes.map(({ variance, ...outcome }) => ({ ...outcome, deviation: Math.sqrt(variance) }))
}

type Writable<T> = { -readonly [key in keyof T]: T[key] }

/** What the runtime would hand to the tail sampler, at the request's end. */
export const localTrace = (request: Request, random: () => number): LocalTrace => {
  const [first] = request.spans
  const result = head.shouldSample({
    parent: undefined,
    upstream: undefined,
    traceId: request.traceId,
    isNewTrace: true,
    name: first!.name,
    kind: first!.kind,
    attributes: first!.attributes,
    links: [],
    baggage: undefined,
    headers: undefined,
    nowMs: request.startMs,
    random,
  })
  const root = { ...first!, traceState: result.traceState ?? '' }
  return {
    root,
    spans: [root, ...request.spans.slice(1)],
    dropped: 0,
    durationMs: request.durationMs,
    headSampled: result.decision === 'RECORD_AND_SAMPLE',
    parent: undefined,
    baggage: undefined,
    nowMs: request.startMs + request.durationMs,
    random,
  }
}
