// In: a list of vendors' members that is too long to send on. Out: one that fits.
// Must stay true: members go whole, the longest first, then from the right; the order of the others is kept.
import type { Propagator } from './propagator.ts'
import { parseTraceState, type TraceState } from './trace-state.ts'

/** Members longer than this go first (Trace Context Level 2, section 3.3.1.5). */
const LONG = 128

/**
 * Cuts a trace state to `maxLength` characters, 512 being what everybody should carry (Level 2, section 3.3.1.5):
 * members longer than 128 characters go first, from the left, then members from the right end.
 */
export function fitTraceState(traceState: TraceState, maxLength: number): TraceState | undefined {
  const text = traceState.serialize()
  if (text.length <= maxLength) return text === '' ? undefined : traceState
  const members = text.split(',')
  let length = text.length
  for (let at = 0; length > maxLength && at < members.length; ) {
    if (members[at]!.length > LONG) length -= members.splice(at, 1)[0]!.length + 1
    else at++
  }
  while (length > maxLength && members.length > 0) length -= members.pop()!.length + 1
  return parseTraceState(members.join())
}

/** A format that sends no more than `maxLength` characters of trace state. */
export function limitTraceState(propagator: Propagator, maxLength: number): Propagator {
  return {
    ...propagator,
    inject(context, carrier) {
      const { spanContext } = context
      if (!spanContext?.traceState) return propagator.inject(context, carrier)
      const { traceState, ...identity } = spanContext
      const fitting = fitTraceState(traceState, maxLength)
      propagator.inject({ ...context, spanContext: fitting ? { ...identity, traceState: fitting } : identity }, carrier)
    },
  }
}
