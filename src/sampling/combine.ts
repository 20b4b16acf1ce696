// In: policies. Out: one policy.
// Must stay true: every policy that spends nothing sees every trace, so that estimators learn from all of them; one
// that spends is asked last, and only when its answer matters. The order decides nothing but the name of the reason.
import { type Judgement, MISS, type PolicyLike, policy, type TailPolicy, toPolicy } from './policy.ts'
import { ALWAYS, adjustedCountOf, NEVER, type Threshold } from './threshold.ts'

/**
 * Keeps what one of the policies keeps. A `drop(…)` among them overrules the others. A trace kept for certain by one
 * of them counts as itself; else the lowest threshold applies; where a limit takes part, its ledger keeps the count.
 */
export const anyOf = (...likes: readonly PolicyLike[]): TailPolicy => {
  const { plain, spending, spends, description } = sorted('anyOf', likes)
  return policy(
    description,
    (trace) => {
      let threshold: Threshold = NEVER
      let kept: Judgement | undefined
      let limited: Judgement | undefined
      let known = true
      const hear = (judgement: Judgement): void => {
        if (judgement.keep) kept ??= judgement
        if (judgement.ledger) limited ??= judgement
        else if (judgement.threshold === undefined) known = false
        else if (judgement.threshold < threshold) threshold = judgement.threshold
      }
      let veto = false
      for (const each of plain) {
        const judgement = each.judge(trace)
        if (judgement.veto) veto = true
        hear(judgement)
      }
      if (veto) return { ...MISS, veto }
      for (const each of spending) {
        if (threshold === ALWAYS) break
        const judgement = each.judge(trace)
        if (judgement.veto) return { ...MISS, veto: true }
        hear(judgement)
      }
      const name = kept?.policy === undefined ? {} : { policy: kept.policy }
      const keep = kept !== undefined
      if (threshold === ALWAYS) return { keep, ...name, threshold }
      if (limited) return { keep, ...name, ledger: limited.ledger!, weight: limited.weight ?? 1 }
      if (known) return { keep, ...name, threshold }
      // Of unknown probability, unless nothing else could have kept it and the one that did knows its weight.
      const weight = threshold === NEVER ? kept?.weight : undefined
      return { keep, ...name, ...(weight !== undefined && { weight }) }
    },
    spends,
  )
}

/** Keeps what all of the policies keep; the highest threshold applies. As a cap: `allOf(anyOf(…), tracesPerSecond(50))`. */
export const allOf = (...likes: readonly PolicyLike[]): TailPolicy => {
  const { plain, spending, spends, description } = sorted('allOf', likes)
  return policy(
    description,
    (trace) => {
      let threshold: Threshold = ALWAYS
      let known = true
      let weight: number | undefined
      let limited: Judgement | undefined
      let refused: Judgement | undefined
      const reasons: string[] = []
      const hear = (judgement: Judgement): void => {
        if (!judgement.keep) refused ??= judgement
        if (judgement.policy !== undefined) reasons.push(judgement.policy)
        if (judgement.ledger) {
          limited ??= judgement
          if (judgement.weight !== 1) weight = (weight ?? 1) * (judgement.weight ?? 1)
        } else if (judgement.threshold !== undefined) {
          if (judgement.threshold > threshold) threshold = judgement.threshold
        } else if (judgement.weight !== undefined) weight = (weight ?? 1) * judgement.weight
        else known = false
      }
      let veto = false
      for (const each of plain) {
        const judgement = each.judge(trace)
        if (judgement.veto) veto = true
        hear(judgement)
      }
      if (veto) return { ...MISS, veto }
      let asked = 0
      for (; asked < spending.length && !refused; asked++) hear(spending[asked]!.judge(trace))
      if (threshold === NEVER) return MISS

      const keep = refused === undefined
      const name = keep ? { policy: reasons.join(' + ') } : {}
      // What nobody asked might have refused by chance, too.
      if (!known || (asked < spending.length && !refused?.ledger)) return { keep, ...name }
      const counted = adjustedCountOf(threshold) * (weight ?? 1)
      // A limit owes for what it refused itself, not for what chance refused after it.
      if (limited && (keep || refused?.ledger)) return { keep, ...name, ledger: limited.ledger!, weight: counted }
      if (limited) return { keep, ...name }
      return weight === undefined ? { keep, ...name, threshold } : { keep, ...name, weight: counted }
    },
    spends,
  )
}

/** Keeps what the policy does not. The weight is known where chance played no part. */
export const not = (like: PolicyLike): TailPolicy => {
  const inner = toPolicy(like)
  const description = `not(${inner.description})`
  return policy(description, (trace) => inverted(inner.judge(trace), description), inner.spends)
}

/** Inside `anyOf`: drops what the policy keeps, whatever the others say. By itself it keeps nothing. */
export const drop = (like: PolicyLike): TailPolicy => {
  const inner = toPolicy(like)
  return policy(
    `drop(${inner.description})`,
    (trace) => {
      const judgement = inner.judge(trace)
      if (judgement.keep) return { ...MISS, veto: true }
      return judgement.threshold === NEVER ? MISS : { keep: false }
    },
    inner.spends,
  )
}

const inverted = ({ keep, threshold }: Judgement, description: string): Judgement => {
  if (threshold === ALWAYS) return MISS
  const reason = keep ? { keep: false } : { keep: true, policy: description }
  return threshold === NEVER ? { ...reason, threshold: ALWAYS } : reason
}

const sorted = (
  name: string,
  likes: readonly PolicyLike[],
): {
  readonly plain: readonly TailPolicy[]
  readonly spending: readonly TailPolicy[]
  readonly spends: boolean
  readonly description: string
} => {
  const policies = likes.map(toPolicy)
  const spending = policies.filter(({ spends }) => spends)
  return {
    plain: policies.filter(({ spends }) => !spends),
    spending,
    spends: spending.length > 0,
    description: `${name}(${policies.map(({ description }) => description).join(', ')})`,
  }
}
