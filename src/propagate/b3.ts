// In: the b3 header or the X-B3-* headers. Out: a propagation context, and the way back.
// Must stay true: a missing state is the caller leaving the decision to us, not a refusal; debug is kept and re-written.
import { found, foundDecision, remote, writable } from './found.ts'
import type { Getter, PropagationContext, Propagator } from './propagator.ts'
import { SAMPLED } from './span-context.ts'
import { MAX_HEADER_LENGTH, trimmed } from './traceparent.ts'

const SINGLE = /^([\da-f]{16}|[\da-f]{32})-([\da-f]{16})(?:-([01d]))?(?:-[\da-f]{16})?$/
const TRACE_ID = /^(?:[\da-f]{16}|[\da-f]{32})$/
const SPAN_ID = /^[\da-f]{16}$/

/** B3 in one header, `b3` (openzipkin/b3-propagation). Reads the single header first and then the many. */
export function b3(): Propagator {
  return {
    fields: ['b3'],
    extract,
    inject(context, carrier) {
      const span = writable(context)
      if (span === undefined) return
      const state = stateOf(context)
      carrier.set('b3', `${span.traceId}-${span.spanId}${state && `-${state}`}`)
    },
  }
}

/** B3 in several headers, `X-B3-*`. Reads what `b3()` reads. */
export function b3multi(): Propagator {
  return {
    fields: ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags'],
    extract,
    inject(context, carrier) {
      const span = writable(context)
      if (span === undefined) return
      carrier.set('x-b3-traceid', span.traceId)
      carrier.set('x-b3-spanid', span.spanId)
      const state = stateOf(context)
      if (state === 'd') carrier.set('x-b3-flags', '1')
      else if (state !== '') carrier.set('x-b3-sampled', state)
    },
  }
}

function extract(carrier: Getter, context: PropagationContext): PropagationContext {
  const single = header(carrier, 'b3')
  const match = SINGLE.exec(single)
  const result = match ? read(context, match[1]!, match[2]!, match[3] ?? '') : lone(context, single)
  return result ?? readMulti(carrier, context) ?? context
}

function readMulti(carrier: Getter, context: PropagationContext): PropagationContext | undefined {
  const traceId = header(carrier, 'x-b3-traceid')
  const spanId = header(carrier, 'x-b3-spanid')
  const sampled = header(carrier, 'x-b3-sampled').toLowerCase().replace('true', '1').replace('false', '0')
  const debug = header(carrier, 'x-b3-flags') === '1'
  if (!debug && !/^[01]?$/.test(sampled)) return undefined
  const state = debug ? 'd' : sampled
  if (traceId === '' && spanId === '') return lone(context, state)
  return TRACE_ID.test(traceId) && SPAN_ID.test(spanId) ? read(context, traceId, spanId, state) : undefined
}

function read(
  context: PropagationContext,
  traceId: string,
  spanId: string,
  state: string,
): PropagationContext | undefined {
  const span = remote(traceId, spanId, state === '1' || state === 'd')
  return span && found(context, span, state === 'd' ? 'debug' : state === '' ? 'deferred' : undefined)
}

function lone(context: PropagationContext, state: string): PropagationContext | undefined {
  return /^[01d]$/.test(state)
    ? foundDecision(context, state === 'd' ? 'debug' : state === '1' ? 'accept' : 'deny')
    : undefined
}

function stateOf({ decision, spanContext }: PropagationContext): string {
  if (decision === 'debug') return 'd'
  if (decision === 'deferred') return ''
  return spanContext!.traceFlags & SAMPLED ? '1' : '0'
}

function header(carrier: Getter, name: string): string {
  const text = carrier.get(name) ?? ''
  return text.length > MAX_HEADER_LENGTH ? '' : trimmed(text)
}
