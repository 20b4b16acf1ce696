// In: a serialised tracestate. Out: the sampling facts of its `ot` member, and the list with another threshold.
// Must stay true: `rv` and sub-keys unknown to us survive as they came, and other vendors' members keep their order
// (OpenTelemetry specification, "TraceState Handling").
import { emptyTraceState, parseTraceState } from '../propagate/trace-state.ts'
import type { Threshold } from './threshold.ts'

/** What consistent sampling left in a trace state. */
export interface OtState {
  /** `th`, extended to 14 digits. Absent: the probability is unknown. */
  readonly threshold?: Threshold
  /** `rv`: the trace's explicit randomness, 14 lower-case hex digits. */
  readonly randomness?: string
}

/** Characters of the `ot` member's value ("TraceState Handling"). */
const MAX_LENGTH = 256

/** Reads `ot` from a serialised tracestate. A malformed `th` or `rv` counts as absent; never throws. */
export const readOt = (traceState: string): OtState => {
  if (!traceState.includes('ot=')) return {}
  const found: { threshold?: Threshold; randomness?: string } = {}
  for (const pair of pairsOf(parseTraceState(traceState)?.get('ot'))) {
    const value = pair.slice(3)
    if (/^th:[0-9a-f]{1,14}$/.test(pair)) found.threshold ??= value.padEnd(14, '0')
    else if (isRandomness(pair)) found.randomness ??= value
  }
  return found
}

/**
 * The list with this threshold in place of any other; `undefined` erases it (probability unknown). Where the value
 * would exceed 256 characters no threshold is written: a stale one would be wrong, none is merely unknown.
 */
export const writeThreshold = (traceState: string, threshold: Threshold | undefined): string => {
  const list = parseTraceState(traceState) ?? emptyTraceState()
  const rest = pairsOf(list.get('ot')).filter((pair) =>
    pair.startsWith('rv:') ? isRandomness(pair) : !pair.startsWith('th:'),
  )
  const pairs = threshold === undefined ? rest : [`th:${threshold.replace(/0+$/, '') || '0'}`, ...rest]
  const value = (pairs.join(';').length > MAX_LENGTH ? rest : pairs).join(';')
  return (value === '' ? list.unset('ot') : list.set('ot', value)).serialize()
}

const isRandomness = (pair: string): boolean => /^rv:[0-9a-f]{14}$/.test(pair)

/** The `key:value` pairs; none where the member is absent or malformed as a whole. */
const pairsOf = (value = ''): readonly string[] => {
  const pairs = value.split(';')
  return value.length <= MAX_LENGTH && pairs.every((pair) => /^[a-z][a-z0-9]*:[\w.-]*$/.test(pair)) ? pairs : []
}
