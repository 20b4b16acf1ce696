// In: a serialised tracestate. Out: the sampling facts of its `ot` member, and the list with another threshold.
// Must stay true: `rv` and sub-keys unknown to us survive as they came, other vendors' members keep their order, and
// `ot` is written on the left of the list (OpenTelemetry specification, "TraceState Handling"; Trace Context, 3.3).
import type { Threshold } from './threshold.ts'

/** What consistent sampling left in a trace state. */
export interface OtState {
  /** `th`, extended to 14 digits. Absent: the probability is unknown. */
  readonly threshold?: Threshold
  /** `rv`: the trace's explicit randomness, 14 lower-case hex digits. */
  readonly randomness?: string
}

/** Characters of one tracestate value (Trace Context, 3.3.2.3.2). */
const MAX_VALUE = 256
/** Members of a tracestate (Trace Context, 3.3.2.2). */
const MAX_MEMBERS = 32

const isOt = (member: string): boolean => member.trim().startsWith('ot=')

/** The `key:value` pairs of `ot`; none where the member is absent or malformed as a whole. */
const pairsOf = (traceState: string): string[] => {
  const value = traceState.split(',').find(isOt)?.trim().slice(3) ?? ''
  const pairs = value.split(';')
  return value.length <= MAX_VALUE && pairs.every((pair) => /^[a-z][a-z0-9]*:[\w.-]*$/.test(pair)) ? pairs : []
}

const find = (pairs: readonly string[], form: RegExp): string | undefined => {
  for (const pair of pairs) {
    const found = form.exec(pair)?.[1]
    if (found !== undefined) return found
  }
  return undefined
}

/** Reads `ot` from a serialised tracestate. A malformed `th` or `rv` counts as absent; never throws. */
export const readOt = (traceState: string): OtState => {
  if (!traceState.includes('ot=')) return {}
  const pairs = pairsOf(traceState)
  const threshold = find(pairs, /^th:([0-9a-f]{1,14})$/)
  const randomness = find(pairs, /^rv:([0-9a-f]{14})$/)
  return {
    ...(threshold !== undefined && { threshold: threshold.padEnd(14, '0') }),
    ...(randomness !== undefined && { randomness }),
  }
}

/**
 * The list with this threshold in place of any other; `undefined` erases it (probability unknown). Where the value
 * would exceed 256 characters no threshold is written: a stale one would be wrong, none is merely unknown.
 */
export const writeThreshold = (traceState: string, threshold: Threshold | undefined): string => {
  const rest = pairsOf(traceState).filter((pair) => !/^th:/.test(pair) && !/^rv:(?![0-9a-f]{14}$)/.test(pair))
  const others = traceState.split(',').filter((member) => member.trim() !== '' && !isOt(member))
  const th = threshold === undefined ? [] : [`th:${threshold.replace(/0+$/, '') || '0'}`]
  let value = [...th, ...rest].join(';')
  if (value.length > MAX_VALUE) value = rest.join(';')
  return (value === '' ? others : [`ot=${value}`, ...others].slice(0, MAX_MEMBERS)).join(',')
}
