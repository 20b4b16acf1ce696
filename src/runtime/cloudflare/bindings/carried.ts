// In: an argument of a traced call, and the call's span. Out: the argument; where it carries the context of a span above
// the call, a shallow copy that carries the call's own, so that the other side becomes its child.
// Must stay true: nothing is added where nothing was carried; a context from elsewhere, or of a span that is not above the
// call, stays as it is; the caller's object is never changed.
import { CARRIER, carrierIn, carrierOf } from '../../../propagate/carrier.ts'
import { recordGetter } from '../../../propagate/getters.ts'
import type { RecordingSpan } from '../../recording-span.ts'

/**
 * `path`: the members that lead from an argument to its payload; of a list, from each of its items; a member that is not
 * there is passed over. Empty: the argument is the payload.
 */
export function handedOver(
  args: readonly unknown[],
  path: readonly string[],
  call: RecordingSpan<unknown>,
  above: RecordingSpan<unknown>,
): unknown[] {
  const { propagator } = call.config
  const within = (argument: unknown, [member, ...rest]: readonly string[]): unknown => {
    if (member && Array.isArray(argument)) return argument.map((each) => within(each, [member, ...rest]))
    // What `carry` makes is a plain object; instances and stubs are the app's own and cannot be copied.
    if (Object.getPrototypeOf(Object(argument)) !== Object.prototype) return argument
    const payload = argument as Record<string, unknown>
    if (member)
      return Object.hasOwn(payload, member)
        ? { ...payload, [member]: within(payload[member], rest) }
        : within(payload, rest)
    const carrier = carrierIn(payload)
    const context = carrier && propagator.extract(recordGetter(carrier), {})
    let span: RecordingSpan<unknown> | undefined = context?.spanContext && above
    while (span && span.record.spanId !== context?.spanContext?.spanId) span = span.parent
    return span
      ? { ...payload, [CARRIER]: carrierOf({ ...context, spanContext: call.spanContext() }, propagator) }
      : argument
  }
  return args.map((argument) => within(argument, path))
}
