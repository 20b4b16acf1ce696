// In: an X-Cloud-Trace-Context header. Out: a propagation context, and the way back.
// Must stay true: the span id is decimal on the wire and hexadecimal in here; no options means not sampled.
import { fromDecimal, toDecimal } from './decimal.ts'
import { found, remote, writable } from './found.ts'
import type { Propagator } from './propagator.ts'
import { SAMPLED } from './span-context.ts'
import { MAX_HEADER_LENGTH, trimmed } from './traceparent.ts'

const HEADER = 'x-cloud-trace-context'
const FORM = /^([\da-f]{32})\/(\d{1,20})(?:;o=(\d{1,3}))?$/i

/** Google Cloud's header from before W3C: `X-Cloud-Trace-Context: TRACE_ID/SPAN_ID;o=OPTIONS`. */
export function google(): Propagator {
  return {
    fields: [HEADER],
    extract(carrier, context) {
      const text = carrier.get(HEADER) ?? ''
      const match = text.length > MAX_HEADER_LENGTH ? null : FORM.exec(trimmed(text))
      const span = match && remote(match[1]!.toLowerCase(), fromDecimal(match[2]!), (Number(match[3] ?? 0) & 1) === 1)
      return span ? found(context, span) : context
    },
    inject(context, carrier) {
      const span = writable(context)
      if (span !== undefined) {
        carrier.set(HEADER, `${span.traceId}/${toDecimal(span.spanId)};o=${span.traceFlags & SAMPLED}`)
      }
    },
  }
}
