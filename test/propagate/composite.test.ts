// Several formats as one, by hand and by OTEL_PROPAGATORS.
import {
  b3,
  baggage,
  composite,
  formatBaggage,
  jaeger,
  type Propagator,
  propagatorsNamed,
  traceContext,
  xray,
} from 'clew/propagate'
import { describe, expect, test } from 'vitest'
import { extract, IDENTITY, inject, SPAN_ID, TRACE_ID, told } from './carriers.ts'

const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`
const B3 = `${'a'.repeat(32)}-${'b'.repeat(16)}-d`

const broken: Propagator = {
  fields: ['x-broken'],
  extract: () => {
    throw new Error('extract')
  },
  inject: () => {
    throw new Error('inject')
  },
}

describe('composite', () => {
  test('lets a later format override an earlier one when it finds something', () => {
    const both = composite([traceContext(), b3()])
    expect(told(extract(both, { traceparent, tracestate: 'a=1', b3: B3 }))).toBe(
      `${'a'.repeat(32)} ${'b'.repeat(16)} 1 debug`,
    )
    expect(told(extract(both, { traceparent, tracestate: 'a=1', b3: 'garbage' }))).toBe(`${TRACE_ID} ${SPAN_ID} 1 a=1`)
  })
  test('forgets what an overridden identity said about sampling', () => {
    expect(told(extract(composite([b3(), traceContext()]), { traceparent, b3: B3 }))).toBe(`${TRACE_ID} ${SPAN_ID} 1`)
  })
  test('keeps baggage and passthrough of the others', () => {
    const all = composite([jaeger(), baggage(), xray(), traceContext()])
    const context = extract(all, {
      traceparent,
      baggage: 'a=1',
      'X-Amzn-Trace-Id': `Root=1-${'a'.repeat(8)}-${'a'.repeat(24)};Parent=${SPAN_ID};Lineage=1:a87bd80c:1`,
    })
    expect(told(context)).toBe(`${TRACE_ID} ${SPAN_ID} 1`)
    expect(formatBaggage(context.baggage!)).toBe('a=1')
    expect(inject(all, context)['x-amzn-trace-id']).toContain(';Lineage=1:a87bd80c:1')
  })
  test('answers the very context it was given when nothing is found', () => {
    const context = { baggage: extract(baggage(), { baggage: 'a=1' }).baggage! }
    expect(extract(composite([traceContext(), baggage(), b3()]), {}, context)).toBe(context)
    expect(extract(composite([traceContext(), baggage()]), { traceparent: 'x', baggage: 'x' }, context)).toBe(context)
  })
  test('survives a format that throws, and says so', () => {
    const errors: unknown[] = []
    const both = composite([broken, traceContext()], (error) => errors.push((error as Error).message))
    expect(told(extract(both, { traceparent }))).toBe(`${TRACE_ID} ${SPAN_ID} 1`)
    expect(inject(both, { spanContext: IDENTITY })).toEqual({ traceparent })
    expect(errors).toEqual(['extract', 'inject'])
    expect(extract(composite([broken]), {})).toEqual({})
  })
  test('names the headers of all, each once', () => {
    expect(composite([traceContext(), b3(), traceContext(), baggage()]).fields).toEqual([
      'traceparent',
      'tracestate',
      'b3',
      'baggage',
    ])
  })
})

describe('W3C', () => {
  test.each([
    ['a tracestate without a traceparent', { tracestate: 'a=1' }, 'nothing'],
    ['a tracestate with a broken traceparent', { traceparent: 'x', tracestate: 'a=1' }, 'nothing'],
    ['a broken tracestate', { traceparent, tracestate: 'A=1' }, `${TRACE_ID} ${SPAN_ID} 1`],
    ['an empty tracestate', { traceparent, tracestate: '' }, `${TRACE_ID} ${SPAN_ID} 1`],
    ['names with other letters', { 'trace-parent': traceparent, 'trace.parent': traceparent }, 'nothing'],
  ])('%s', (_, headers, expected) => {
    expect(told(extract(traceContext(), headers))).toBe(expected)
  })
  test('knows no trace state rather than an empty one', () => {
    expect(extract(traceContext(), { traceparent, tracestate: ',' }).spanContext).not.toHaveProperty('traceState')
    const emptied = {
      ...IDENTITY,
      traceState: extract(traceContext(), { traceparent, tracestate: 'a=1' }).spanContext!.traceState!.unset('a'),
    }
    expect(inject(traceContext(), { spanContext: emptied })).toEqual({ traceparent })
  })
  test('passes the random flag on and never sets it', () => {
    const through = (flags: string): string | undefined =>
      inject(traceContext(), extract(traceContext(), { traceparent: `00-${TRACE_ID}-${SPAN_ID}-${flags}` }))[
        'traceparent'
      ]
    expect(through('03')).toMatch(/-03$/)
    expect(through('02')).toMatch(/-02$/)
    expect(through('01')).toMatch(/-01$/)
    expect(through('fd')).toMatch(/-01$/)
  })
})

describe('by names', () => {
  const cases: [string, string | undefined, string, string][] = [
    ['the default', undefined, 'tracecontext,baggage', ''],
    ['empty as the default', '', 'tracecontext,baggage', ''],
    ['blank as the default', ' , ', 'tracecontext,baggage', ''],
    ['one', 'b3', 'b3', ''],
    ['several, in their order, with white space', ' b3multi , tracecontext ', 'b3multi,tracecontext', ''],
    ['each once', 'b3,b3,B3', 'b3', ''],
    ['any letter case', 'TraceContext,BAGGAGE', 'tracecontext,baggage', ''],
    ['none', 'none', '', ''],
    ['none beside others', 'tracecontext,none', '', ''],
    [
      'all',
      'tracecontext,baggage,b3,b3multi,jaeger,xray,ottrace,datadog,google',
      'tracecontext,baggage,b3,b3multi,jaeger,xray,ottrace,datadog,google',
      '',
    ],
    ['an unknown one beside a known', 'tracecontext,zipkin', 'tracecontext', 'zipkin'],
    ['a name of Object.prototype', 'constructor,b3', 'b3', 'constructor'],
    ['only unknown ones as the default', 'tracecontex', 'tracecontext,baggage', 'tracecontex'],
  ]
  test.each(cases)('%s', (_, list, names, unknown) => {
    const resolved = propagatorsNamed(list)
    expect(resolved.names.join()).toBe(names)
    expect(resolved.unknown.join()).toBe(unknown)
  })
  test('none reads and writes nothing', () => {
    const { propagator } = propagatorsNamed('none')
    expect(extract(propagator, { traceparent })).toEqual({})
    expect(inject(propagator, { spanContext: IDENTITY })).toEqual({})
  })
  test('xray-lambda asks the host', () => {
    const own = `Root=1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)};Parent=${SPAN_ID};Sampled=1`
    expect(told(extract(propagatorsNamed('xray-lambda', () => own).propagator, {}))).toBe(`${TRACE_ID} ${SPAN_ID} 1`)
    expect(told(extract(propagatorsNamed('xray-lambda').propagator, {}))).toBe('nothing')
  })
})
