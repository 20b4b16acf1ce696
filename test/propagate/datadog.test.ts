// Datadog's headers, and its `dd` member of tracestate.
import { composite, datadog, datadogTraceContext, traceContext } from 'clew/propagate'
import { describe, expect, test } from 'vitest'
import { extract, inject, TRACE_ID, told } from './carriers.ts'

const LOW = BigInt(`0x${TRACE_ID.slice(16)}`).toString()
const headers = (more: Record<string, string> = {}): Record<string, string> => ({
  'x-datadog-trace-id': '123456789',
  'x-datadog-parent-id': '987654321',
  ...more,
})
const TRACE = (123456789).toString(16).padStart(32, '0')
const PARENT = (987654321).toString(16).padStart(16, '0')
const IDS = `${TRACE} ${PARENT}`
const LONG_TAGS = (length: number): string => `_dd.p.tid=640cfd8d00000000,_dd.p.x=`.padEnd(length, 'x')

describe('reads', () => {
  test.each([
    ['user keep', headers({ 'x-datadog-sampling-priority': '2' }), `${IDS} 1 debug`],
    ['keep', headers({ 'x-datadog-sampling-priority': '1' }), `${IDS} 1`],
    ['reject', headers({ 'x-datadog-sampling-priority': '0' }), `${IDS} 0`],
    ['user reject', headers({ 'x-datadog-sampling-priority': '-1' }), `${IDS} 0`],
    ['no priority: left to us', headers(), `${IDS} 0 deferred`],
    ['an unknown priority as none', headers({ 'x-datadog-sampling-priority': '7' }), `${IDS} 0 deferred`],
    [
      '128 bits',
      headers({ 'x-datadog-tags': '_dd.p.tid=640cfd8d00000000' }),
      `640cfd8d00000000${TRACE.slice(16)} ${PARENT} 0 deferred`,
    ],
    [
      'a tid that is too long as none',
      headers({ 'x-datadog-tags': '_dd.p.tid=1234567890abcdef1' }),
      `${IDS} 0 deferred`,
    ],
    [
      'a tid that is too short as none',
      headers({ 'x-datadog-tags': '_dd.p.tid=1234567890abcde' }),
      `${IDS} 0 deferred`,
    ],
    [
      'a tid with bad characters as none',
      headers({ 'x-datadog-tags': '_dd.p.tid=1234567890abcdeX' }),
      `${IDS} 0 deferred`,
    ],
    ['a tid in upper case as none', headers({ 'x-datadog-tags': '_dd.p.tid=640CFD8D00000000' }), `${IDS} 0 deferred`],
    [
      '512 characters of tags',
      headers({ 'x-datadog-tags': LONG_TAGS(512) }),
      `640cfd8d00000000${TRACE.slice(16)} ${PARENT} 0 deferred`,
    ],
    ['more tags than that as none', headers({ 'x-datadog-tags': LONG_TAGS(513) }), `${IDS} 0 deferred`],
    [
      'the greatest ids',
      { 'x-datadog-trace-id': '18446744073709551615', 'x-datadog-parent-id': '18446744073709551615' },
      `${'f'.repeat(16).padStart(32, '0')} ${'f'.repeat(16)} 0 deferred`,
    ],
    ['a zero trace id', { ...headers({ 'x-datadog-sampling-priority': '2' }), 'x-datadog-trace-id': '0' }, 'nothing'],
    [
      'a zero trace id with a tid',
      { ...headers({ 'x-datadog-tags': '_dd.p.tid=640cfd8d00000000' }), 'x-datadog-trace-id': '0' },
      'nothing',
    ],
    ['a zero parent', { ...headers(), 'x-datadog-parent-id': '0' }, 'nothing'],
    ['an id over 64 bits', { ...headers(), 'x-datadog-trace-id': '18446744073709551616' }, 'nothing'],
    ['a negative id', { ...headers(), 'x-datadog-trace-id': '-1' }, 'nothing'],
    ['a hexadecimal id', { ...headers(), 'x-datadog-trace-id': 'abc' }, 'nothing'],
    ['a fraction', { ...headers(), 'x-datadog-trace-id': '1.5' }, 'nothing'],
    ['no parent', { 'x-datadog-trace-id': '1' }, 'nothing'],
    ['a lone reject', { 'x-datadog-sampling-priority': '0' }, 'deny'],
    ['a lone keep, which may cost nobody anything', { 'x-datadog-sampling-priority': '2' }, 'nothing'],
    ['nothing', {}, 'nothing'],
  ])('%s', (_, carrier, expected) => {
    expect(told(extract(datadog(), carrier))).toBe(expected)
  })
})

describe('hands on', () => {
  const carried = (more: Record<string, string>): Record<string, string> =>
    inject(datadog(), extract(datadog(), headers(more)))

  test.each([
    ['every priority', { 'x-datadog-sampling-priority': '2' }, { 'x-datadog-sampling-priority': '2' }],
    ['a keep', { 'x-datadog-sampling-priority': '1' }, { 'x-datadog-sampling-priority': '1' }],
    ['a reject', { 'x-datadog-sampling-priority': '0' }, { 'x-datadog-sampling-priority': '0' }],
    ['a user\u2019s reject', { 'x-datadog-sampling-priority': '-1' }, { 'x-datadog-sampling-priority': '-1' }],
    ['an open decision', {}, {}],
    ['the origin', { 'x-datadog-origin': 'synthetics;=web,z' }, { 'x-datadog-origin': 'synthetics;=web,z' }],
    [
      'tags',
      { 'x-datadog-tags': '_dd.p.dm=-4,_dd.p.usr.id=baz64==' },
      { 'x-datadog-tags': '_dd.p.dm=-4,_dd.p.usr.id=baz64==' },
    ],
    [
      'the tid behind the tags',
      { 'x-datadog-tags': '_dd.p.tid=640cfd8d00000000,_dd.p.dm=-4' },
      { 'x-datadog-tags': '_dd.p.dm=-4,_dd.p.tid=640cfd8d00000000' },
    ],
    [
      'no tag of another kind',
      { 'x-datadog-tags': '_dd.p.dm=-4,other=1,_dd.p.,_dd.p.x=' },
      { 'x-datadog-tags': '_dd.p.dm=-4' },
    ],
  ])('%s', (_, more, expected) => {
    expect(carried(more)).toEqual({ ...headers(), ...expected })
  })
  test('a user\u2019s reject only while the trace is not sampled', () => {
    const context = extract(datadog(), headers({ 'x-datadog-sampling-priority': '-1' }))
    const kept = { ...context, spanContext: { ...context.spanContext!, traceFlags: 1 } }
    expect(inject(datadog(), kept)['x-datadog-sampling-priority']).toBe('1')
  })
  test('the tid alone when the tags would be over 512 characters with it', () => {
    const context = extract(datadog(), headers({ 'x-datadog-tags': `_dd.p.x=`.padEnd(500, 'x') }))
    const wide = { ...context, spanContext: { ...context.spanContext!, traceId: TRACE_ID } }
    expect(inject(datadog(), wide)['x-datadog-tags']).toBe(`_dd.p.tid=${TRACE_ID.slice(0, 16)}`)
  })
  test('no identity whose right half is zero', () => {
    const spanContext = { traceId: `1${'0'.repeat(31)}`, spanId: '1'.repeat(16), traceFlags: 1 }
    expect(inject(datadog(), { spanContext })).toEqual({})
  })
})

describe('beside W3C', () => {
  const both = composite([traceContext(), datadog()])
  const traceparent = `00-${TRACE_ID}-1234567890123456-01`

  test('the W3C parent stays when both name one trace', () => {
    const context = extract(both, {
      traceparent,
      tracestate: 'foo=1',
      'x-datadog-trace-id': LOW,
      'x-datadog-parent-id': '1',
      'x-datadog-origin': 'rum',
      'x-datadog-tags': `_dd.p.tid=${TRACE_ID.slice(0, 16)}`,
    })
    expect(told(context)).toBe(`${TRACE_ID} 1234567890123456 1 foo=1`)
    expect(inject(both, context)['x-datadog-origin']).toBe('rum')
  })
  test('the later format wins when they name different ones', () => {
    expect(told(extract(both, { traceparent, ...headers() }))).toBe(`${IDS} 0 deferred`)
  })
})

describe('the dd member', () => {
  const style = composite([datadogTraceContext(), datadog()])
  const carried = (flags: string, tracestate?: string): Record<string, string> =>
    inject(style, extract(style, { traceparent: `00-${TRACE_ID}-1234567890123456-${flags}`, tracestate }))

  test.each([
    ['sampled, no priority', '01', undefined, '1', 'dd=s:1;p:1234567890123456'],
    ['sampled, rejected', '01', 'foo=1,dd=s:-1', '1', 'dd=s:1;p:1234567890123456,foo=1'],
    ['sampled, kept by a user', '01', 'foo=1,dd=s:2', '2', 'dd=s:2;p:1234567890123456,foo=1'],
    ['not sampled, no priority', '00', undefined, '0', 'dd=s:0;p:1234567890123456'],
    ['not sampled, rejected by a user', '00', 'foo=1,dd=s:-1', '-1', 'dd=s:-1;p:1234567890123456,foo=1'],
    ['not sampled, kept', '00', 'foo=1,dd=s:1', '0', 'dd=s:0;p:1234567890123456,foo=1'],
    ['an unreadable priority', '01', 'dd=s:x', '1', 'dd=s:1;p:1234567890123456'],
  ])('%s: the flag outranks the priority', (_, flags, tracestate, priority, expected) => {
    const carrier = carried(flags, tracestate)
    expect(carrier['x-datadog-sampling-priority']).toBe(priority)
    expect(carrier['tracestate']).toBe(expected)
    expect(carrier['traceparent']).toBe(`00-${TRACE_ID}-1234567890123456-${flags}`)
  })
  test.each([
    ['keeps who decided', '01', 'dd=s:2;t.dm:-4', '_dd.p.dm=-4'],
    ['resets who decided when the flag overrules a reject', '01', 'dd=s:-1;t.dm:-4', '_dd.p.dm=-0'],
    ['forgets who decided when the flag overrules a keep', '00', 'dd=s:2;t.dm:-4', ''],
    ['writes ~ as = in a header', '01', 'dd=s:1;t.usr.id:baz64~~', '_dd.p.usr.id=baz64=='],
    ['ignores a tid, which the traceparent says', '01', 'dd=s:1;t.tid:640cfd8d00000000', ''],
  ])('%s', (_, flags, tracestate, tags) => {
    const tid = `_dd.p.tid=${TRACE_ID.slice(0, 16)}`
    expect(carried(flags, tracestate)['x-datadog-tags']).toBe(tags === '' ? tid : `${tags},${tid}`)
  })
  test.each([
    ['a plain origin', 'synthetics-browser', 'o:synthetics-browser'],
    ['an origin with characters of the grammar', 'synthetics~;=web,z', 'o:synthetics__~web_z'],
    ['an origin that ends in a space inside the header', 'a b', 'o:a b'],
  ])('writes %s', (_, origin, expected) => {
    const context = extract(style, headers({ 'x-datadog-origin': origin }))
    expect(inject(style, context)['tracestate']).toBe(`dd=p:${PARENT};${expected}`)
  })
  test('reads an origin back', () => {
    expect(carried('01', 'dd=s:2;o:a~b')['x-datadog-origin']).toBe('a=b')
  })
  test('writes tags with what the grammar needs replaced', () => {
    const context = extract(style, headers({ 'x-datadog-tags': '_dd.p.dm=-4,_dd.p.a:b=x=y;z~' }))
    expect(inject(style, context)['tracestate']).toBe(`dd=p:${PARENT};t.dm:-4;t.a_b:x~y_z_`)
  })
  test('is at most 256 characters and leaves out whole tags', () => {
    const tags = ['_dd.p.a=1', `_dd.p.b=${'x'.repeat(250)}`, '_dd.p.c=3'].join()
    const context = extract(style, headers({ 'x-datadog-tags': tags }))
    expect(inject(style, context)['tracestate']).toBe(`dd=p:${PARENT};t.a:1;t.c:3`)
  })
  test('an origin that is far too long is cut', () => {
    const context = extract(style, headers({ 'x-datadog-origin': 'x'.repeat(1000) }))
    expect(inject(style, context)['tracestate']).toHaveLength('dd='.length + 256)
  })
})
