// B3 in one header and in many (openzipkin/b3-propagation).
import { b3, b3multi, type PropagationContext } from 'clew/propagate'
import { describe, expect, test } from 'vitest'
import { extract, IDENTITY, inject, SHORT_TRACE_ID, SPAN_ID, TRACE_ID, told } from './carriers.ts'

const T64 = TRACE_ID.slice(16)
const IDS = `${TRACE_ID}-${SPAN_ID}`
const multi = (more: Record<string, string> = {}): Record<string, string> => ({
  'X-B3-TraceId': TRACE_ID,
  'X-B3-SpanId': SPAN_ID,
  ...more,
})

describe('one header', () => {
  test.each([
    ['accept', `${IDS}-1`, `${TRACE_ID} ${SPAN_ID} 1`],
    ['deny', `${IDS}-0`, `${TRACE_ID} ${SPAN_ID} 0`],
    ['debug, which implies accept', `${IDS}-d`, `${TRACE_ID} ${SPAN_ID} 1 debug`],
    ['no state: left to us', IDS, `${TRACE_ID} ${SPAN_ID} 0 deferred`],
    ['a parent, which is dropped', `${IDS}-1-05e3ac9a4f6e3b90`, `${TRACE_ID} ${SPAN_ID} 1`],
    ['a parent and no state', `${IDS}-05e3ac9a4f6e3b90`, `${TRACE_ID} ${SPAN_ID} 0 deferred`],
    ['64 bits', `${T64}-${SPAN_ID}-1`, `${SHORT_TRACE_ID} ${SPAN_ID} 1`],
    ['white space', ` ${IDS}-1\t`, `${TRACE_ID} ${SPAN_ID} 1`],
    ['a lone deny', '0', 'deny'],
    ['a lone accept', '1', 'accept'],
    ['a lone debug', 'd', 'debug'],
    ['a bad state', `${IDS}-2`, 'nothing'],
    ['a state of two characters', `${IDS}-11`, 'nothing'],
    ['a word as state', `${IDS}-true`, 'nothing'],
    ['an empty state', `${IDS}-`, 'nothing'],
    ['a bad parent', `${IDS}-1-05e3`, 'nothing'],
    ['more behind the parent', `${IDS}-1-05e3ac9a4f6e3b90-1`, 'nothing'],
    ['upper case', `${IDS.toUpperCase()}-1`, 'nothing'],
    ['a zero trace id', `${'0'.repeat(32)}-${SPAN_ID}-1`, 'nothing'],
    ['a short zero trace id', `${'0'.repeat(16)}-${SPAN_ID}-1`, 'nothing'],
    ['a zero span id', `${TRACE_ID}-${'0'.repeat(16)}-1`, 'nothing'],
    ['a trace id of 24', `${TRACE_ID.slice(8)}-${SPAN_ID}-1`, 'nothing'],
    ['no span id', TRACE_ID, 'nothing'],
    ['another lone state', '2', 'nothing'],
    ['nothing at all', '', 'nothing'],
  ])('%s', (_, header, expected) => {
    expect(told(extract(b3(), { b3: header }))).toBe(expected)
    expect(told(extract(b3multi(), { B3: header }))).toBe(expected)
  })
})

describe('many headers', () => {
  test.each([
    ['accept', multi({ 'X-B3-Sampled': '1' }), `${TRACE_ID} ${SPAN_ID} 1`],
    ['deny', multi({ 'X-B3-Sampled': '0' }), `${TRACE_ID} ${SPAN_ID} 0`],
    ['true', multi({ 'X-B3-Sampled': 'true' }), `${TRACE_ID} ${SPAN_ID} 1`],
    ['False', multi({ 'X-B3-Sampled': 'False' }), `${TRACE_ID} ${SPAN_ID} 0`],
    ['no state: left to us', multi(), `${TRACE_ID} ${SPAN_ID} 0 deferred`],
    ['debug', multi({ 'X-B3-Flags': '1' }), `${TRACE_ID} ${SPAN_ID} 1 debug`],
    ['debug over deny', multi({ 'X-B3-Flags': '1', 'X-B3-Sampled': '0' }), `${TRACE_ID} ${SPAN_ID} 1 debug`],
    ['flags of another value', multi({ 'X-B3-Flags': '2', 'X-B3-Sampled': '1' }), `${TRACE_ID} ${SPAN_ID} 1`],
    ['flags of zero', multi({ 'X-B3-Flags': '0' }), `${TRACE_ID} ${SPAN_ID} 0 deferred`],
    [
      'a parent, which is dropped',
      multi({ 'X-B3-ParentSpanId': '05e3ac9a4f6e3b90' }),
      `${TRACE_ID} ${SPAN_ID} 0 deferred`,
    ],
    ['64 bits', { ...multi(), 'X-B3-TraceId': T64 }, `${SHORT_TRACE_ID} ${SPAN_ID} 0 deferred`],
    ['a lone deny', { 'X-B3-Sampled': '0' }, 'deny'],
    ['a lone accept', { 'x-b3-sampled': '1' }, 'accept'],
    ['a lone debug', { 'x-b3-flags': '1' }, 'debug'],
    ['a bad state', multi({ 'X-B3-Sampled': 'maybe' }), 'nothing'],
    ['the single header\u2019s debug', multi({ 'X-B3-Sampled': 'd' }), 'nothing'],
    ['a state called like a property of objects', multi({ 'X-B3-Sampled': 'constructor' }), 'nothing'],
    ['a zero span id', { ...multi(), 'X-B3-SpanId': '0'.repeat(16) }, 'nothing'],
    ['a short span id', { ...multi(), 'X-B3-SpanId': '1' }, 'nothing'],
    ['no span id', { 'X-B3-TraceId': TRACE_ID, 'X-B3-Sampled': '1' }, 'nothing'],
    ['a repeated trace id', { ...multi(), 'X-B3-TraceId': [TRACE_ID, TRACE_ID] }, 'nothing'],
  ])('%s', (_, headers, expected) => {
    expect(told(extract(b3(), headers))).toBe(expected)
    expect(told(extract(b3multi(), headers))).toBe(expected)
  })

  test('are read when the single header is missing or broken, and only then', () => {
    const other = 'f'.repeat(16)
    expect(told(extract(b3(), { ...multi({ 'X-B3-Sampled': '1' }), b3: 'broken' }))).toBe(`${TRACE_ID} ${SPAN_ID} 1`)
    expect(told(extract(b3(), { ...multi(), b3: `${other}-${SPAN_ID}-1` }))).toBe(
      `${other.padStart(32, '0')} ${SPAN_ID} 1`,
    )
  })
})

describe('writes', () => {
  test.each<[string, PropagationContext, Record<string, string>, Record<string, string>]>([
    ['accept', { spanContext: IDENTITY }, { b3: `${IDS}-1` }, { 'x-b3-sampled': '1' }],
    ['deny', { spanContext: { ...IDENTITY, traceFlags: 2 } }, { b3: `${IDS}-0` }, { 'x-b3-sampled': '0' }],
    ['debug again', { spanContext: IDENTITY, decision: 'debug' }, { b3: `${IDS}-d` }, { 'x-b3-flags': '1' }],
    ['no state while it is open', { spanContext: IDENTITY, decision: 'deferred' }, { b3: IDS }, {}],
  ])('%s', (_, context, single, state) => {
    expect(inject(b3(), context)).toEqual(single)
    expect(inject(b3multi(), context)).toEqual({ 'x-b3-traceid': TRACE_ID, 'x-b3-spanid': SPAN_ID, ...state })
  })
})

test('a lone decision says nothing beside an identity that was found', () => {
  const context = { spanContext: IDENTITY }
  expect(extract(b3(), { b3: '0' }, context)).toBe(context)
})
