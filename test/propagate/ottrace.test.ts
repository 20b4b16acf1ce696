// The headers of OpenTracing's basic tracers.
import { emptyBaggage, formatBaggage, ottrace } from 'clew/propagate'
import { expect, test } from 'vitest'
import { extract, IDENTITY, inject, SHORT_TRACE_ID, SPAN_ID, TRACE_ID, told } from './carriers.ts'

const T64 = TRACE_ID.slice(16)
const headers = (sampled?: string, traceId = T64): Record<string, unknown> => ({
  'ot-tracer-traceid': traceId,
  'ot-tracer-spanid': SPAN_ID,
  'ot-tracer-sampled': sampled,
})

test.each([
  ['sampled', headers('true'), `${SHORT_TRACE_ID} ${SPAN_ID} 1`],
  ['sampled as a digit', headers('1'), `${SHORT_TRACE_ID} ${SPAN_ID} 1`],
  ['not sampled', headers('false'), `${SHORT_TRACE_ID} ${SPAN_ID} 0`],
  ['no state as not sampled', headers(), `${SHORT_TRACE_ID} ${SPAN_ID} 0`],
  ['128 bits', headers('true', TRACE_ID), `${TRACE_ID} ${SPAN_ID} 1`],
  ['a zero trace id', headers('true', '0'.repeat(16)), 'nothing'],
  ['an empty trace id', headers('true', ''), 'nothing'],
  ['no hex', headers('true', 'x'.repeat(16)), 'nothing'],
  ['a trace id of 33', headers('true', `${TRACE_ID}0`), 'nothing'],
])('reads %s', (_, carrier, expected) => {
  expect(told(extract(ottrace(), carrier))).toBe(expected)
})

test('reads and writes the right half and baggage', () => {
  const baggage = emptyBaggage().set('tier', 'gold').set('note', 'é')
  const carrier = inject(ottrace(), { spanContext: IDENTITY, baggage })
  expect(carrier).toEqual({
    'ot-tracer-traceid': T64,
    'ot-tracer-spanid': SPAN_ID,
    'ot-tracer-sampled': 'true',
    'ot-baggage-tier': 'gold',
  })
  expect(formatBaggage(extract(ottrace(), carrier).baggage!)).toBe('tier=gold')
})

test('writes no identity whose right half is zero', () => {
  expect(inject(ottrace(), { spanContext: { ...IDENTITY, traceId: `1${'0'.repeat(31)}` } })).toEqual({})
})
