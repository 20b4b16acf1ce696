// In: a judgement on one trace. Out: the tail sampler's verdict, with the weight that lets a backend restore totals.
// Must stay true: over many traces the weights of the kept ones add up to the number of all (unbiased), or no weight
// is given. Every judgement says by which of these accounts it was made:
//   threshold  kept if and only if randomness >= threshold; the threshold does not depend on the randomness
//   ledger     a limit refused some of its kind; the next one kept by any policy stands for those, too
//   weight     known by other means
//   (none)     the probability is unknown
import { readOt, writeThreshold } from './ot.ts'
import type { LocalTrace, TailSampler, TailVerdict } from './tail-sampler.ts'
import { ALWAYS, adjustedCountOf, NEVER, randomnessOf, type Threshold } from './threshold.ts'

/** What a limit refused and nothing has stood for yet, in traces. One number an isolate. */
export interface Ledger {
  owed: number
}

/** What one policy thinks of a trace, before it is known whether its word is the last. */
export interface Judgement {
  readonly keep: boolean
  /** Which policy decided. */
  readonly policy?: string
  readonly threshold?: Threshold
  readonly ledger?: Ledger
  /** With a ledger: what this trace counts for by itself. */
  readonly weight?: number
  /** The trace is to be dropped, whatever other policies say. */
  readonly veto?: boolean
}

/** A tail sampler that can be composed: all that this folder makes are. */
export interface TailPolicy extends TailSampler {
  judge(trace: LocalTrace): Judgement
  /** Asking uses up a budget: compositions ask it last, and only when its answer matters. */
  readonly spends: boolean
}

/** What compositions accept: a policy, any other tail sampler, or a function that answers whether to keep. */
export type PolicyLike = TailSampler | ((trace: LocalTrace) => boolean)

/** A policy from a judgement. */
export const policy = (
  description: string,
  judge: (trace: LocalTrace) => Judgement,
  spends: boolean = false,
): TailPolicy => ({
  judge,
  decide: (trace) => settle(trace, judge(trace)),
  description,
  spends,
})

/** A policy that keeps every trace the predicate holds for: certain, so each counts as itself (`ot=th:0`). */
export const keepWhen = (description: string, predicate: (trace: LocalTrace) => boolean): TailPolicy => {
  const kept: Judgement = { keep: true, policy: description, threshold: ALWAYS }
  return policy(description, (trace) => (predicate(trace) ? kept : MISS))
}

/** Certainly not kept. */
export const MISS: Judgement = { keep: false, threshold: NEVER }

/** Any function or tail sampler as a policy. One that gives no weight is taken to decide without chance. */
export const toPolicy = (like: PolicyLike): TailPolicy => {
  if (typeof like === 'function') return keepWhen(like.name || 'function', like)
  if (isPolicy(like)) return like
  return policy(like.description, (trace) => {
    const { keep, policy: name = like.description, adjustedCount } = like.decide(trace)
    if (adjustedCount !== undefined) return { keep, policy: name, weight: adjustedCount }
    return keep ? { keep, policy: name, threshold: ALWAYS } : MISS
  })
}

/** The randomness that all services agree on for this trace. */
export const randomnessOfTrace = ({ root }: LocalTrace): string =>
  randomnessOf(root.traceId, readOt(root.traceState).randomness)

/** Makes a judgement final: settles the ledger and writes the weight. */
const settle = (trace: LocalTrace, judgement: Judgement): TailVerdict => {
  const { keep, ledger } = judgement
  let { threshold, weight } = judgement
  if (ledger && weight !== undefined) {
    if (keep) {
      weight += ledger.owed
      ledger.owed = 0
    } else ledger.owed += weight
  }
  if (!keep) return { keep }

  const { traceState } = trace.root
  if (trace.onlyHeadSampled) {
    // What the head dropped was never judged: its probability bounds ours.
    const head = readOt(traceState).threshold
    if (head === undefined) threshold = weight = undefined
    else if (threshold !== undefined) {
      if (head > threshold) threshold = head
    } else if (weight !== undefined) weight *= adjustedCountOf(head)
  }
  const written = writeThreshold(traceState, threshold)
  return {
    keep,
    ...(judgement.policy !== undefined && { policy: judgement.policy }),
    ...(threshold === undefined && weight !== undefined && { adjustedCount: weight }),
    ...(written !== traceState && { traceState: written }),
  }
}

const isPolicy = (sampler: TailSampler): sampler is TailPolicy => 'judge' in sampler
