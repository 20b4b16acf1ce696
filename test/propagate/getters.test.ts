// Every carrier a host hands over, read and written.
import {
  environmentGetter,
  environmentSetter,
  getterOf,
  type HeaderSource,
  listSetter,
  prefixedGetter,
  prefixedSetter,
  recordGetter,
  recordSetter,
  w3c,
} from 'clew/propagate'
import { describe, expect, test } from 'vitest'
import { SPAN_ID, TRACE_ID, told } from './carriers.ts'

const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`
const format = w3c()
const FOUND = `${TRACE_ID} ${SPAN_ID} 1 a=1,b=2`

describe('reads', () => {
  test.each<[string, HeaderSource]>([
    [
      'Headers',
      new Headers([
        ['TraceParent', traceparent],
        ['tracestate', 'a=1'],
        ['TraceState', 'b=2'],
      ]),
    ],
    ['a Request', new Request('https://a.example', { headers: { traceparent, tracestate: 'a=1,b=2' } })],
    ['a record', { traceparent, tracestate: 'a=1,b=2' }],
    ['a record in another letter case', { TRACEPARENT: traceparent, TraceState: 'a=1,b=2' }],
    ['a record with arrays', { traceparent: [traceparent], tracestate: ['a=1', 'b=2'] }],
    ['a name in two spellings', { traceparent, tracestate: 'a=1', TraceState: 'b=2' }],
    [
      'pairs',
      [
        ['Traceparent', traceparent],
        ['tracestate', 'a=1'],
        ['tracestate', 'b=2'],
      ],
    ],
    ['Node\u2019s rawHeaders', ['Traceparent', traceparent, 'tracestate', 'a=1', 'Tracestate', 'b=2']],
    ['Node\u2019s IncomingMessage', { method: 'GET', headers: { traceparent, tracestate: 'a=1, b=2' } }],
    ['a Lambda event', { httpMethod: 'GET', headers: { Traceparent: traceparent, tracestate: 'a=1,b=2' } }],
    ['multiValueHeaders', { multiValueHeaders: { Traceparent: [traceparent], tracestate: ['a=1', 'b=2'] } }],
    [
      'both, of which the last holds all',
      {
        headers: { traceparent, tracestate: 'b=2' },
        multiValueHeaders: { traceparent: [traceparent], tracestate: ['a=1', 'b=2'] },
      },
    ],
    ['multiValueHeaders that are null', { headers: { traceparent, tracestate: 'a=1,b=2' }, multiValueHeaders: null }],
    ['two functions', { get: (name: string) => ({ traceparent, tracestate: 'a=1,b=2' })[name], keys: () => [] }],
    [
      'a Map',
      new Map([
        ['traceparent', traceparent],
        ['tracestate', 'a=1,b=2'],
      ]),
    ],
  ])('%s', (_, source) => {
    expect(told(format.extract(getterOf(source), {}))).toBe(FOUND)
  })

  test.each<[string, HeaderSource]>([
    [
      'Headers',
      new Headers([
        ['traceparent', traceparent],
        ['traceparent', traceparent],
      ]),
    ],
    ['an array', { traceparent: [traceparent, traceparent] }],
    ['two spellings', { traceparent, Traceparent: traceparent }],
    [
      'pairs',
      [
        ['traceparent', traceparent],
        ['traceparent', traceparent],
      ],
    ],
    ['rawHeaders', ['traceparent', traceparent, 'TRACEPARENT', traceparent]],
  ])('a traceparent that comes twice in %s as none', (_, source) => {
    expect(told(format.extract(getterOf(source), {}))).toBe('nothing')
  })

  test.each([
    ['numbers', { traceparent: 1 }],
    ['null', { traceparent: null }],
    ['objects', { traceparent: { toString: () => traceparent } }],
    ['an empty array', { traceparent: [] }],
    ['an array of numbers', { traceparent: [1, 2] }],
    ['a list of anything', [null, 1, ['traceparent'], [1, traceparent], { 0: 'traceparent' }]],
    ['a list of text with an odd end', ['traceparent']],
    ['a function that answers anything', { get: () => 7, keys: () => [] }],
  ])('%s as no header', (_, source) => {
    expect(told(format.extract(getterOf(source as never), {}))).toBe('nothing')
  })

  test('an inherited property as no header', () => {
    expect(recordGetter(Object.create({ traceparent })).get('traceparent')).toBeUndefined()
    expect(recordGetter({}).get('constructor')).toBeUndefined()
  })
  test('a name in any letter case', () => {
    expect(recordGetter({ 'x-tier': 'gold' }).get('X-Tier')).toBe('gold')
    expect(getterOf([['x-tier', 'gold']]).get('X-Tier')).toBe('gold')
  })
  test('the names a carrier holds', () => {
    expect([...getterOf({ a: '1', B: '2' }).keys()]).toEqual(['a', 'B'])
    expect([
      ...getterOf([
        ['a', '1'],
        ['B', '2'],
      ]).keys(),
    ]).toEqual(['a', 'B'])
    expect([...getterOf(new Headers({ a: '1' })).keys()]).toEqual(['a'])
  })
})

test('reads and writes environment variables', () => {
  const env = { TRACEPARENT: traceparent, TRACESTATE: 'a=1,b=2', BAGGAGE: 'k=v', PATH: '/bin' }
  const context = format.extract(environmentGetter(env), {})
  expect(told(context)).toBe(FOUND)
  const written: Record<string, string> = { PATH: '/bin' }
  format.inject(context, environmentSetter(written))
  expect(written).toEqual(env)
  environmentSetter(written).set('x-b3.traceid', '1')
  expect(written['X_B3_TRACEID']).toBe('1')
})

test('writes Headers, records and pairs', () => {
  const context = format.extract(recordGetter({ traceparent, tracestate: 'a=1,b=2' }), {})
  const headers = new Headers()
  const record: Record<string, string> = {}
  const list: [string, string][] = []
  format.inject(context, headers)
  format.inject(context, recordSetter(record))
  format.inject(context, listSetter(list))
  const expected = { traceparent, tracestate: 'a=1,b=2' }
  expect(Object.fromEntries(headers)).toEqual(expected)
  expect(record).toEqual(expected)
  expect(Object.fromEntries(list)).toEqual(expected)
})

test('reads and writes under a prefix, as CloudEvents over HTTP have it', () => {
  const headers = new Headers()
  const context = format.extract(recordGetter({ traceparent, tracestate: 'a=1,b=2' }), {})
  format.inject(context, prefixedSetter(headers, 'ce-'))
  expect(Object.fromEntries(headers)).toEqual({ 'ce-traceparent': traceparent, 'ce-tracestate': 'a=1,b=2' })
  const getter = prefixedGetter(headers, 'ce-')
  expect(told(format.extract(getter, {}))).toBe(FOUND)
  expect([...getter.keys()]).toEqual(['traceparent', 'tracestate'])
})
