// The text of a tracestate, line by line of Trace Context Level 2, sections 3.3 and 3.5.
import type { SpanContext as OpenTelemetrySpanContext, TraceState as OpenTelemetryTraceState } from '@opentelemetry/api'
import {
  emptyTraceState,
  fitTraceState,
  isValid,
  parseTraceState,
  type SpanContext,
  type TraceState,
} from 'clew/propagate'
import { describe, expect, test } from 'vitest'

const members = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=${at}`).join(',')
const VALUE_CHARACTERS = Array.from({ length: 0x7f - 0x20 }, (_, at) => String.fromCharCode(0x20 + at))
  .filter((one) => one !== ',' && one !== '=')
  .join('')

describe('reads', () => {
  test.each([
    ['one member', 'foo=1', 'foo=1'],
    ['several, in their order', 'foo=1,bar=2,baz=3', 'foo=1,bar=2,baz=3'],
    ['white space around members', ' foo=1 \t , \t bar=2,\tbaz=3 ', 'foo=1,bar=2,baz=3'],
    ['empty members', 'foo=1,,bar=2, ,\t,', 'foo=1,bar=2'],
    ['a joined empty header', ', foo=1', 'foo=1'],
    ['a leading space as part of the value', 'foo= 1', 'foo= 1'],
    ['a space inside a value', 'foo=a b', 'foo=a b'],
    ['all characters of a value', `foo=${VALUE_CHARACTERS.trimEnd()}`, `foo=${VALUE_CHARACTERS.trimEnd()}`],
    ['all characters of a key', 'a0_-*/@=1', 'a0_-*/@=1'],
    ['Level 2: a key that starts with a digit', '1a=1', '1a=1'],
    ['Level 2: a key of digits', '0=1', '0=1'],
    ['Level 2: an @ at the end', 'foo@=1', 'foo@=1'],
    ['Level 2: several @', 'foo@@bar=1,foo@bar@baz=2', 'foo@@bar=1,foo@bar@baz=2'],
    ['Level 1: a tenant', 't-0_*/x@s-0_*/x=1', 't-0_*/x@s-0_*/x=1'],
    ['Level 2: a long tenant and system', `${'t'.repeat(242)}@v=1`, `${'t'.repeat(242)}@v=1`],
    ['a key of 256', `${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    ['a value of 256', `foo=${'z'.repeat(256)}`, `foo=${'z'.repeat(256)}`],
    ['32 members', members(32), members(32)],
    ['32 members and empty ones', `${members(32)},,`, members(32)],
    ['members that repeat a key, as they came', 'foo=1,bar=2,foo=3', 'foo=1,bar=2,foo=3'],
  ])('%s', (_, text, kept) => {
    expect(parseTraceState(text)?.serialize()).toBe(kept)
  })
})

describe('discards the whole for', () => {
  test.each([
    ['no text', ''],
    ['white space only', ' \t '],
    ['commas only', ', ,'],
    ['a member without =', 'foo=1,bar'],
    ['an empty key', '=1'],
    ['an empty value', 'foo='],
    ['a value of spaces', 'foo=  '],
    ['a second =', 'foo=1=2'],
    ['a key in upper case', 'FOO=1'],
    ['a key with an upper-case letter', 'foO=1,bar=2'],
    ['a key with a dot', 'foo.bar=1'],
    ['a key that ends with a space', 'foo =1'],
    ['a key that ends with a tab', 'foo\t=1'],
    ['a key with a space', 'foo bar=1'],
    ['a key that starts with @', '@foo=1'],
    ['a key that starts with _', '_foo=1'],
    ['a key that starts with -', '-foo=1'],
    ['a key beyond ASCII', 'f\u00f6o=1'],
    ['a value beyond ASCII', 'foo=\u00e9'],
    ['a value with a tab', 'foo=a\tb'],
    ['a value with a control character', 'foo=\u0001'],
    ['a value with DEL', 'foo=\u007f'],
    ['a semicolon for a comma', 'foo=1;bar=2'],
    ['a key of 257', `${'z'.repeat(257)}=1`],
    ['a value of 257', `foo=${'z'.repeat(257)}`],
    ['33 members', members(33)],
    ['33 members, one of them twice', `${members(32)},k0=0`],
    ['one bad member among good ones', 'foo=1,BAD=2,bar=3'],
  ])('%s', (_, text) => {
    expect(parseTraceState(text)).toBeUndefined()
  })

  test('more text than 32 members of the greatest size are long, and not for that much', () => {
    const full = Array.from({ length: 32 }, (_, at) => `${String(at).padEnd(256, 'k')}=${'v'.repeat(256)}`).join(',')
    expect(full).toHaveLength(16_447)
    expect(parseTraceState(full)?.serialize()).toBe(full)
    expect(parseTraceState(`${full} `)).toBeUndefined()
  })
})

describe('changes', () => {
  const state = parseTraceState('a=1,b=2,c=3')!

  test('puts a new member on the left', () => {
    expect(state.set('d', '4').serialize()).toBe('d=4,a=1,b=2,c=3')
  })
  test('moves an updated member to the left and keeps the order of the others', () => {
    expect(state.set('b', '9').serialize()).toBe('b=9,a=1,c=3')
  })
  test('drops the right-most of 32 for a new one, and none for an updated one', () => {
    const full = parseTraceState(members(32))!
    expect(full.set('new', '1').serialize()).toBe(`new=1,${members(31)}`)
    expect(full.set('k31', 'x').serialize()).toBe(`k31=x,${members(31)}`)
  })
  test('removes a member', () => {
    expect(state.unset('b').serialize()).toBe('a=1,c=3')
    expect(state.unset('ab').serialize()).toBe('a=1,b=2,c=3')
    expect(parseTraceState('a=1')!.unset('a').serialize()).toBe('')
  })
  test('never changes the list it was asked of', () => {
    state.set('z', '1').unset('a')
    expect(state.serialize()).toBe('a=1,b=2,c=3')
  })
  test.each([
    ['A', '1'],
    ['', '1'],
    ['a=b', '1'],
    ['a', ''],
    ['a', 'x,y'],
    ['a', 'x=y'],
    ['a', 'x '],
    ['a', 'x\n'],
    ['a\n', 'x'],
    ['a', '\u00e9'],
  ])('ignores the member %j=%j, which no list may hold', (key, value) => {
    expect(state.set(key, value).serialize()).toBe('a=1,b=2,c=3')
  })
  test('finds values by their whole key', () => {
    expect(state.get('b')).toBe('2')
    expect(state.get('')).toBeUndefined()
    expect(parseTraceState('ab=1,a= 2')!.get('a')).toBe(' 2')
    expect(state.get('a=')).toBeUndefined()
  })
  test('answers the newest of members that repeat a key, and ends the repetition', () => {
    const repeated = parseTraceState('foo=1,bar=2,foo=3')!
    expect(repeated.get('foo')).toBe('1')
    expect(repeated.set('foo', '4').serialize()).toBe('foo=4,bar=2')
    expect(repeated.unset('foo').serialize()).toBe('bar=2')
  })
  test('grows from nothing', () => {
    expect(emptyTraceState().serialize()).toBe('')
    expect(emptyTraceState().set('ot', 'th:8').serialize()).toBe('ot=th:8')
  })
})

describe('is cut to fit', () => {
  const long = `long=${'x'.repeat(124)}` // 129 characters
  const edge = `edge=${'x'.repeat(123)}` // 128 characters
  const cut = (text: string, length: number): string | undefined =>
    fitTraceState(parseTraceState(text)!, length)?.serialize()

  test.each([
    ['not at all when it fits', 'a=1,b=2', 7, 'a=1,b=2'],
    ['from the right', 'a=1,b=2,c=3', 7, 'a=1,b=2'],
    ['by whole members', 'a=1,b=2,c=3', 10, 'a=1,b=2'],
    ['to nothing', 'a=1', 2, undefined],
    ['long members first', `a=1,${long},b=2`, 100, 'a=1,b=2'],
    ['not a member of 128 before the right-most', `${edge},a=1,b=2`, 132, `${edge},a=1`],
    [
      'long members from the left',
      `${long},a=1,${long.replace('long', 'gnol')}`,
      133,
      `a=1,${long.replace('long', 'gnol')}`,
    ],
    ['long members only as long as it must be', `a=1,${long}`, 133, `a=1,${long}`],
    ['from the right after all long ones', `${long},a=1,b=2`, 3, 'a=1'],
  ])('%s', (_, text, length, kept) => {
    expect(cut(text, length)).toBe(kept)
  })
})

test('is a TraceState to OpenTelemetry, and the other way', () => {
  const ours: OpenTelemetryTraceState = emptyTraceState()
  const theirs: TraceState = ours
  expect(theirs.serialize()).toBe('')
  const context: SpanContext = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1, traceState: ours }
  const elsewhere: OpenTelemetrySpanContext = context
  expect(isValid(elsewhere)).toBe(true)
})
