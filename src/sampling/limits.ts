// In: one trace and what it costs. Out: whether the isolate's budget a second allows it.
// Must stay true: the state is a bucket and a number an isolate; what is refused is owed to the ledger, so that the
// next trace kept stands for it, and totals are restored without knowing any probability.
import { checked } from './check.ts'
import { type Judgement, type Ledger, type PolicyLike, policy, type TailPolicy, toPolicy } from './policy.ts'
import { spanBytes } from './span-size.ts'
import type { LocalTrace } from './tail-sampler.ts'
import { ALWAYS, adjustedCountOf, NEVER, type Threshold } from './threshold.ts'
import { take, tokenBucket } from './token-bucket.ts'

export interface LimitOptions {
  /** What may come at once. Default: one second's worth, at least 1; for bytes two seconds' worth. */
  readonly burst?: number
}

/** Keeps up to `limit` traces a second in each isolate. */
export const tracesPerSecond = (limit: number, options?: LimitOptions): TailPolicy =>
  limited('tracesPerSecond', limit, options?.burst ?? Math.max(1, limit), () => 1)

/** Keeps traces of up to `limit` spans a second in each isolate (Collector: `rate_limiting`). */
export const spansPerSecond = (limit: number, options?: LimitOptions): TailPolicy =>
  limited('spansPerSecond', limit, options?.burst ?? Math.max(1, limit), ({ spans }) => spans.length)

/**
 * Keeps traces of up to `limit` bytes a second in each isolate, as OTLP/JSON before compression (Collector:
 * `bytes_limiting`).
 */
export const bytesPerSecond = (limit: number, options?: LimitOptions): TailPolicy =>
  limited('bytesPerSecond', limit, options?.burst ?? Math.max(1, 2 * limit), ({ spans }) =>
    spans.reduce((bytes, span) => bytes + spanBytes(span), 0),
  )

const limited = (name: string, limit: number, burst: number, cost: (trace: LocalTrace) => number): TailPolicy => {
  const bucket = tokenBucket(checked(name, limit, 0), checked(`${name}: burst`, burst, 1))
  const ledger: Ledger = { owed: 0 }
  const description = `${name}(${limit})`
  return policy(
    description,
    (trace) => {
      const keep = take(bucket, trace.nowMs, cost(trace))
      return { keep, ...(keep && { policy: description }), ledger, weight: 1 }
    },
    true,
  )
}

export interface Allocation {
  readonly policy: PolicyLike
  /** Its share of the whole, 0–100. */
  readonly percent: number
}

export interface CompositeOptions {
  readonly spansPerSecond: number
  /** Asked in this order; the first that keeps the trace and has budget left takes it. */
  readonly allocations: readonly Allocation[]
}

/** A budget of spans a second, shared out among policies (Collector: `composite`). */
export const composite = (options: CompositeOptions): TailPolicy => {
  checked('composite: spansPerSecond', options.spansPerSecond, 0)
  const total = options.allocations.reduce(
    (sum, { percent }) => sum + checked('composite: percent', percent, 0, 100),
    0,
  )
  checked('composite: sum of percent', total, 0, 100)
  const parts = options.allocations.map((part) => ({
    inner: toPolicy(part.policy),
    bucket: tokenBucket((options.spansPerSecond * part.percent) / 100),
  }))
  const ledger: Ledger = { owed: 0 }
  return policy(
    `composite(${parts.map(({ inner }) => inner.description).join(', ')})`,
    (trace) => {
      const judgements = parts.map(({ inner }) => inner.judge(trace))
      const threshold = lowest(judgements)
      const wanted = judgements.some(({ keep }) => keep)
      if (!wanted) return threshold === NEVER ? { keep: false, threshold } : { keep: false }
      const taker = parts.findIndex(
        ({ bucket }, i) => judgements[i]!.keep && take(bucket, trace.nowMs, trace.spans.length),
      )
      const keep = taker >= 0
      const name = judgements[taker]?.policy
      return {
        keep,
        ...(name !== undefined && { policy: name }),
        ...(threshold !== undefined && { ledger, weight: adjustedCountOf(threshold) }),
      }
    },
    true,
  )
}

/** The lowest threshold, or nothing where one is unknown and none is certain. */
const lowest = (judgements: readonly Judgement[]): Threshold | undefined => {
  let threshold: Threshold = NEVER
  let known = true
  for (const judgement of judgements) {
    if (judgement.threshold === undefined) known = false
    else if (judgement.threshold < threshold) threshold = judgement.threshold
  }
  return known || threshold === ALWAYS ? threshold : undefined
}
