// In: the W3C headers of a carrier. Out: a propagation context, and the way back.
// Must stay true: no tracestate without a traceparent, in either direction; a bad tracestate never costs the traceparent.
import { emptyBaggage, formatBaggage, parseBaggage } from './baggage.ts'
import { found } from './found.ts'
import type { Propagator } from './propagator.ts'
import { parseTraceState } from './trace-state.ts'
import { formatTraceparent, isValid, parseTraceparent } from './traceparent.ts'

/** W3C Trace Context, Level 2: `traceparent` and `tracestate`. */
export function traceContext(): Propagator {
  return {
    fields: ['traceparent', 'tracestate'],
    extract(carrier, context) {
      const header = carrier.get('traceparent')
      const parent = header ? parseTraceparent(header) : undefined
      if (parent === undefined) return context
      const list = carrier.get('tracestate')
      const traceState = list ? parseTraceState(list) : undefined
      return found(context, traceState ? Object.assign(parent, { traceState }) : parent)
    },
    inject({ spanContext }, carrier) {
      if (spanContext === undefined || !isValid(spanContext)) return
      carrier.set('traceparent', formatTraceparent(spanContext))
      const list = spanContext.traceState?.serialize()
      if (list) carrier.set('tracestate', list)
    },
  }
}

/** W3C Baggage: `baggage`. */
export function baggage(): Propagator {
  return {
    fields: ['baggage'],
    emptyBaggage: emptyBaggage(),
    extract(carrier, context) {
      const header = carrier.get('baggage')
      const read = header ? parseBaggage(header) : undefined
      return read === undefined ? context : { ...context, baggage: read }
    },
    inject(context, carrier) {
      const text = context.baggage && formatBaggage(context.baggage)
      if (text) carrier.set('baggage', text)
    },
  }
}
