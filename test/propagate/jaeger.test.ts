// Jaeger's uber-trace-id and its baggage headers.
import { formatBaggage, jaeger, parseBaggage } from 'clew/propagate'
import { describe, expect, test } from 'vitest'
import { extract, IDENTITY, inject, SHORT_TRACE_ID, SPAN_ID, TRACE_ID, told } from './carriers.ts'

const SAMPLED = `${TRACE_ID} ${SPAN_ID} 1`

describe('reads', () => {
  test.each([
    ['sampled', `${TRACE_ID}:${SPAN_ID}:0:1`, SAMPLED],
    ['not sampled', `${TRACE_ID}:${SPAN_ID}:0:0`, `${TRACE_ID} ${SPAN_ID} 0`],
    ['padded flags', `${TRACE_ID}:${SPAN_ID}:0:01`, SAMPLED],
    ['debug', `${TRACE_ID}:${SPAN_ID}:0:3`, `${SAMPLED} debug`],
    ['debug without sampled', `${TRACE_ID}:${SPAN_ID}:0:2`, `${TRACE_ID} ${SPAN_ID} 0`],
    ['firehose', `${TRACE_ID}:${SPAN_ID}:0:9`, SAMPLED],
    ['a whole byte', `${TRACE_ID}:${SPAN_ID}:0:ff`, `${SAMPLED} debug`],
    ['any parent', `${TRACE_ID}:${SPAN_ID}:whatever:1`, SAMPLED],
    ['an empty parent', `${TRACE_ID}:${SPAN_ID}::1`, SAMPLED],
    ['a short trace id', `${TRACE_ID.slice(16)}:${SPAN_ID}:0:1`, `${SHORT_TRACE_ID} ${SPAN_ID} 1`],
    ['ids without leading zeros', 'a:b:0:1', `${'0'.repeat(31)}a ${'0'.repeat(15)}b 1`],
    ['URL encoding', `${TRACE_ID}%3A${SPAN_ID}%3a0%3A1`, SAMPLED],
    ['upper case', `${TRACE_ID.toUpperCase()}:${SPAN_ID}:0:1`, SAMPLED],
    ['white space', ` ${TRACE_ID}:${SPAN_ID}:0:1 `, SAMPLED],
    ['zero trace id', `0:${SPAN_ID}:0:1`, 'nothing'],
    ['zero span id', `${TRACE_ID}:0:0:1`, 'nothing'],
    ['a trace id of 33', `${TRACE_ID}0:${SPAN_ID}:0:1`, 'nothing'],
    ['a span id of 17', `${TRACE_ID}:${SPAN_ID}0:0:1`, 'nothing'],
    ['three parts', `${TRACE_ID}:${SPAN_ID}:1`, 'nothing'],
    ['five parts', `${TRACE_ID}:${SPAN_ID}:0:1:0`, 'nothing'],
    ['no flags', `${TRACE_ID}:${SPAN_ID}:0:`, 'nothing'],
    ['flags beyond a byte', `${TRACE_ID}:${SPAN_ID}:0:100`, 'nothing'],
    ['flags that are no hex', `${TRACE_ID}:${SPAN_ID}:0:x`, 'nothing'],
    ['a bad escape', `${TRACE_ID}%3${SPAN_ID}:0:1`, 'nothing'],
    ['nothing', '', 'nothing'],
  ])('%s', (_, header, expected) => {
    expect(told(extract(jaeger(), { 'Uber-Trace-Id': header }))).toBe(expected)
  })
})

describe('reads baggage', () => {
  test.each([
    ['one header a member, in any case', { 'uberctx-a': '1', 'UberCtx-b': 'x%20y' }, 'a=1,b=x%20y'],
    ['the debugging header', { 'jaeger-baggage': 'a=1, b = x%2Cy' }, 'a=1,b=x%2Cy'],
    ['a bad escape as absent', { 'uberctx-a': '%zz', 'uberctx-b': '2', 'jaeger-baggage': 'c=%,d=4' }, 'd=4,b=2'],
    ['no key as absent', { 'uberctx-': '1', 'jaeger-baggage': '=2,x' }, ''],
  ])('%s', (_, headers, expected) => {
    const { baggage } = extract(jaeger(), headers)
    expect(baggage ? formatBaggage(baggage) : '').toBe(expected)
  })
  test('up to 8,192 characters, as a baggage header would have them', () => {
    const read = (length: number): number | undefined =>
      extract(jaeger(), { 'uberctx-a': 'x'.repeat(length), 'uberctx-b': '1' }).baggage?.size
    expect(read(8186)).toBe(2)
    expect(read(8187)).toBe(1)
    expect(read(8190)).toBe(1)
    expect(read(8192)).toBeUndefined()
  })
  test('beside what another format found', () => {
    const { baggage } = extract(jaeger(), { 'uberctx-b': '2' }, { baggage: parseBaggage('a=1')! })
    expect(formatBaggage(baggage!)).toBe('a=1,b=2')
  })
})

describe('writes', () => {
  test.each([
    ['sampled', { spanContext: IDENTITY }, '1'],
    ['not sampled', { spanContext: { ...IDENTITY, traceFlags: 2 } }, '0'],
    ['debug', { spanContext: IDENTITY, decision: 'debug' } as const, '3'],
  ])('%s', (_, context, flags) => {
    expect(inject(jaeger(), context)).toEqual({ 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:${flags}` })
  })
  test('baggage, one header a member, within 8,192 characters', () => {
    const baggage = parseBaggage('a=1,b=x%20%C3%A9')!.set('big', 'x'.repeat(8192)).set('half', '\ud800')
    expect(inject(jaeger(), { spanContext: IDENTITY, baggage })).toEqual({
      'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:1`,
      'uberctx-a': '1',
      'uberctx-b': 'x%20%C3%A9',
      'uberctx-half': '%EF%BF%BD',
    })
  })
})
