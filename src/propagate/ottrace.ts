// In: the ot-tracer- and ot-baggage- headers of old OpenTracing clients. Out: a propagation context, and the way back.
// Must stay true: the wire has room for the right half of a trace id; what is written loses the left one.
import { emptyBaggage, MAX_BAGGAGE_LENGTH } from './baggage.ts'
import { found, remote, writable } from './found.ts'
import type { Propagator } from './propagator.ts'
import { SAMPLED } from './span-context.ts'
import { MAX_HEADER_LENGTH, trimmed } from './traceparent.ts'

const PREFIX = 'ot-baggage-'

/** OpenTracing's basic tracers and Lightstep: `ot-tracer-*`, and baggage as one `ot-baggage-{key}` header a member. */
export function ottrace(): Propagator {
  return {
    fields: ['ot-tracer-traceid', 'ot-tracer-spanid', 'ot-tracer-sampled'],
    emptyBaggage: emptyBaggage(),
    extract(carrier, context) {
      const header = (name: string): string => trimmed((carrier.get(name) ?? '').slice(0, MAX_HEADER_LENGTH))
      const sampled = /^(?:1|true)$/i.test(header('ot-tracer-sampled'))
      const span = remote(header('ot-tracer-traceid'), header('ot-tracer-spanid'), sampled)
      if (span === undefined) return context
      let baggage = context.baggage ?? emptyBaggage()
      let room = MAX_BAGGAGE_LENGTH
      for (const name of carrier.keys()) {
        if (name.slice(0, PREFIX.length).toLowerCase() !== PREFIX) continue
        const value = carrier.get(name) ?? ''
        if (name.length + value.length > room) continue
        room -= name.length + value.length
        baggage = baggage.set(name.slice(PREFIX.length), trimmed(value))
      }
      return found(baggage.size > 0 ? { ...context, baggage } : context, span)
    },
    inject(context, carrier) {
      const span = writable(context)
      const right = span?.traceId.slice(16) ?? ''
      if (span === undefined || !/[^0]/.test(right)) return
      carrier.set('ot-tracer-traceid', right)
      carrier.set('ot-tracer-spanid', span.spanId)
      carrier.set('ot-tracer-sampled', String((span.traceFlags & SAMPLED) !== 0))
      for (const [key, { value }] of context.baggage?.entries() ?? []) {
        if (/^[ -~]*$/.test(value)) carrier.set(PREFIX + key, value)
      }
    },
  }
}
