// In: the W3C headers of a carrier. Out: a propagation context, and the way back.
// Must stay true: no tracestate without a traceparent, in either direction; a bad tracestate never costs the traceparent;
// what finds nothing makes nothing.
import { type Baggage, emptyBaggage, parseBaggage } from './baggage.ts'
import type { Propagator } from './propagator.ts'
import { parseTraceState } from './trace-state.ts'
import { formatTraceparent, isValid, parseTraceparent } from './traceparent.ts'

/** W3C Trace Context, Level 2, and W3C Baggage in one: what a tracer speaks by default. */
export function w3c(): Propagator {
  return format(['traceparent', 'tracestate', 'baggage'], emptyBaggage(), parseBaggage)
}

/** W3C Trace Context, Level 2: `traceparent` and `tracestate`. */
export function traceContext(): Propagator {
  return format(['traceparent', 'tracestate'])
}

/** W3C Baggage: `baggage`. */
export function baggage(): Propagator {
  return {
    fields: ['baggage'],
    emptyBaggage: emptyBaggage(),
    extract(carrier, context) {
      const header = carrier.get('baggage')
      const baggage = header ? parseBaggage(`${header}`) : undefined
      return baggage ? { ...context, baggage } : context
    },
    inject({ baggage }, carrier) {
      const text = baggage?.serialize()
      if (text) carrier.set('baggage', text)
    },
  }
}

/** Trace Context; and baggage as well, where somebody knows how to read it. */
function format(
  fields: readonly string[],
  emptyBaggage?: Baggage,
  parseBaggage?: (header: string) => Baggage | undefined,
): Propagator {
  return {
    fields,
    emptyBaggage,
    extract(carrier, context) {
      // As text, whatever a getter of somebody's own answers.
      const header = carrier.get('traceparent')
      const members = parseBaggage && carrier.get('baggage')
      if (!header && !members) return context
      const parent = header && parseTraceparent(`${header}`)
      const baggage = members && parseBaggage!(`${members}`)
      if (parent) {
        const list = carrier.get('tracestate')
        const traceState = list && parseTraceState(`${list}`)
        // What an earlier format said about sampling goes with its identity. By name: a spread costs 20 ns more.
        context = {
          spanContext: traceState ? { ...parent, traceState } : parent,
          baggage: context.baggage,
          decision: undefined,
          passthrough: context.passthrough,
        }
      }
      return baggage ? { ...context, baggage } : context
    },
    inject({ spanContext, baggage }, carrier) {
      if (spanContext && isValid(spanContext)) {
        carrier.set('traceparent', formatTraceparent(spanContext))
        const list = spanContext.traceState?.serialize()
        if (list) carrier.set('tracestate', list)
      }
      const text = parseBaggage && baggage?.serialize()
      if (text) carrier.set('baggage', text)
    },
  }
}
