// Who is trusted on the way in, and who is told what on the way out.
import {
  admit,
  appendServerTiming,
  formatServerTiming,
  limitTraceState,
  type OutboundPolicy,
  outbound,
  type Permission,
  parseBaggage,
  parseTraceState,
  permitted,
  traceContext,
} from 'clew/propagate'
import { describe, expect, test } from 'vitest'
import { IDENTITY, inject, SPAN_ID, TRACE_ID } from './carriers.ts'

const spanContext = { ...IDENTITY, traceState: parseTraceState('a=1')! }
const baggage = parseBaggage('tier=gold')!
const whole = { spanContext, baggage, decision: 'debug', passthrough: { 'xray.lineage': '1:a87bd80c:1' } } as const

describe('inbound', () => {
  const { spanContext: parent, ...rest } = whole

  test('continue takes everything', () => {
    expect(admit(whole, 'continue')).toEqual({ parent, ...rest })
  })
  test('link takes only what a new trace points back to', () => {
    expect(admit(whole, 'link')).toEqual({ link: spanContext })
  })
  test('ignore takes nothing', () => {
    expect(admit(whole, 'ignore')).toEqual({})
  })
  test('a caller without ids is believed only when continued', () => {
    expect(admit({ decision: 'accept', baggage }, 'continue')).toEqual({ decision: 'accept', baggage })
    expect(admit({ decision: 'accept', baggage }, 'link')).toEqual({})
    expect(admit({}, 'continue')).toEqual({})
  })
})

const shown = ({ trace, traceState, baggage: bag }: Permission): string =>
  [trace && 'trace', traceState && 'state', bag && 'baggage'].filter(Boolean).join(' ')
const rule = (policy: OutboundPolicy, to: string, from?: string): string =>
  shown(outbound(policy)(new URL(to), from === undefined ? undefined : new URL(from)))

describe('outbound', () => {
  test.each<[string, OutboundPolicy, string, string]>([
    ['tells everybody the trace and nobody the baggage', {}, 'https://a.example/', 'trace state'],
    ['tells nobody anything', { trace: false }, 'https://a.example/', ''],
    ['tells a listed host the baggage', { baggage: ['a.example'] }, 'https://a.example/x', 'trace state baggage'],
    ['on any port', { baggage: ['a.example'] }, 'https://a.example:8443/', 'trace state baggage'],
    ['in any letter case', { baggage: ['A.Example'] }, 'https://a.EXAMPLE/', 'trace state baggage'],
    ['with the dot of the root', { baggage: ['a.example'] }, 'https://a.example./', 'trace state baggage'],
    ['not a host that ends alike', { baggage: ['a.example'] }, 'https://bad-a.example/', 'trace state'],
    ['not a host that begins alike', { baggage: ['a.example'] }, 'https://a.example.evil/', 'trace state'],
    ['not a host in the user part', { baggage: ['a.example'] }, 'https://a.example@evil/', 'trace state'],
    ['not a host in the path', { baggage: ['a.example'] }, 'https://evil/a.example', 'trace state'],
    ['hosts below one', { baggage: ['*.example'] }, 'https://b.a.example/', 'trace state baggage'],
    ['not the one itself', { baggage: ['*.a.example'] }, 'https://a.example/', 'trace state'],
    ['not one that ends alike', { baggage: ['*.a.example'] }, 'https://bad-a.example/', 'trace state'],
    ['a port when one is named', { baggage: ['localhost:8787'] }, 'http://localhost:8787/', 'trace state baggage'],
    ['not another port', { baggage: ['localhost:8787'] }, 'http://localhost:8788/', 'trace state'],
    [
      'an origin when one is named',
      { baggage: ['https://a.example/'] },
      'https://a.example:443/x',
      'trace state baggage',
    ],
    ['not another scheme', { baggage: ['https://a.example'] }, 'http://a.example/', 'trace state'],
    ['every host', { baggage: ['*'] }, 'https://a.example/', 'trace state baggage'],
    ['an address in brackets', { baggage: ['[::1]'] }, 'http://[::1]:8787/', 'trace state baggage'],
    [
      'an expression on the whole URL',
      { baggage: [/^https:\/\/a\.example\/in\//] },
      'https://a.example/in/x',
      'trace state baggage',
    ],
    ['a function', { baggage: (url) => url.pathname === '/in' }, 'https://a.example/in', 'trace state baggage'],
    ['no host of an empty list', { trace: [] }, 'https://a.example/', ''],
    ['baggage without a trace', { trace: false, baggage: true }, 'https://a.example/', 'baggage'],
  ])('%s', (_, policy, to, expected) => {
    expect(rule(policy, to)).toBe(expected)
  })

  test('answers alike however often a global expression is asked', () => {
    const ask = outbound({ baggage: [/a/g] })
    expect([1, 2, 3].map(() => ask(new URL('https://a.example/')).baggage)).toEqual([true, true, true])
  })
  test('tells a binding everything, whatever the hosts', () => {
    expect(shown(outbound({ trace: false, baggage: false })('binding'))).toBe('trace state baggage')
  })

  test.each<[string, OutboundPolicy, string, string, string]>([
    [
      'within an origin changes nothing',
      { baggage: ['a.example'] },
      'https://a.example/2',
      'https://a.example/1',
      'trace state baggage',
    ],
    ['to a stranger leaves the trace state behind', {}, 'https://b.example/', 'https://a.example/', 'trace'],
    [
      'to a stranger leaves baggage behind',
      { baggage: ['a.example'] },
      'https://b.example/',
      'https://a.example/',
      'trace',
    ],
    [
      'to a listed host takes both along',
      { baggage: ['*.example'] },
      'https://b.example/',
      'https://a.example/',
      'trace state baggage',
    ],
    [
      'to a host listed for traces takes the state along',
      { trace: ['b.example'] },
      'https://b.example/',
      'https://a.example/',
      'trace state',
    ],
    [
      'to a host not listed for traces takes nothing',
      { trace: ['a.example'] },
      'https://b.example/',
      'https://a.example/',
      '',
    ],
    ['to another scheme is another origin', {}, 'http://a.example/', 'https://a.example/', 'trace'],
    ['to another port is another origin', {}, 'https://a.example:8443/', 'https://a.example/', 'trace'],
  ])('a redirect %s', (_, policy, to, from, expected) => {
    expect(rule(policy, to, from)).toBe(expected)
  })
})

describe('what is permitted of a context', () => {
  const { traceState: _, ...bare } = spanContext
  test.each<[string, Permission, object]>([
    ['all of it', { trace: true, traceState: true, baggage: true }, whole],
    ['all but baggage', { trace: true, traceState: true, baggage: false }, { ...whole, baggage: undefined }],
    [
      'the ids and a decision',
      { trace: true, traceState: false, baggage: false },
      { spanContext: bare, decision: 'debug' },
    ],
    ['baggage alone', { trace: false, traceState: false, baggage: true }, { baggage }],
    ['nothing', { trace: false, traceState: false, baggage: false }, {}],
  ])('%s', (_, permission, expected) => {
    expect(permitted(whole, permission)).toEqual(expected)
  })
  test('nothing of nothing', () => {
    expect(permitted({}, { trace: true, traceState: true, baggage: true })).toEqual({})
  })
})

describe('trace state can be limited on the way out', () => {
  const format = limitTraceState(traceContext(), 3)
  test('to what fits', () => {
    const long = { ...IDENTITY, traceState: parseTraceState('a=1,b=2')! }
    expect(inject(format, { spanContext: long })['tracestate']).toBe('a=1')
  })
  test('to none', () => {
    const long = { ...IDENTITY, traceState: parseTraceState('long=1')! }
    expect(inject(format, { spanContext: long })).toEqual({ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` })
  })
  test('and not when there is none', () => {
    expect(inject(format, { spanContext: IDENTITY })).toEqual({ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` })
    expect(inject(format, {})).toEqual({})
  })
})

describe('Server-Timing', () => {
  const value = `trace;desc=00-${TRACE_ID}-${SPAN_ID}-01`
  test('names the trace', () => {
    expect(formatServerTiming(IDENTITY)).toBe(value)
  })
  test('is added to what a response has', () => {
    const headers = new Headers({ 'server-timing': 'db;dur=5' })
    appendServerTiming(headers, IDENTITY)
    expect(Object.fromEntries(headers)).toEqual({ 'server-timing': `db;dur=5, ${value}` })
  })
  test('is shown across origins where asked', () => {
    const headers = new Headers({ 'access-control-expose-headers': 'x-id' })
    appendServerTiming(headers, IDENTITY, 'https://app.example')
    expect(Object.fromEntries(headers)).toEqual({
      'access-control-expose-headers': 'x-id, server-timing',
      'server-timing': value,
      'timing-allow-origin': 'https://app.example',
    })
  })
})
