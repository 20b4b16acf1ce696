// The text of a baggage header, line by line of W3C Baggage, and the OpenTelemetry Baggage API.
import {
  baggageAttributes,
  baggageProperties,
  emptyBaggage,
  formatBaggage,
  mergeBaggage,
  parseBaggage,
} from 'clew/propagate'
import { describe, expect, test } from 'vitest'

const shown = (text: string): string =>
  [...(parseBaggage(text)?.entries() ?? [])]
    .map(([key, { value, metadata }]) => `${key}→${value}${metadata === undefined ? '' : ` (${metadata})`}`)
    .join(' | ')

const members = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=${at}`).join(',')
const OCTETS = "!#$&'()*+-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"

describe('reads', () => {
  test.each([
    ['one member', 'a=1', 'a→1'],
    ['several, in their order', 'b=2,a=1,c=3', 'b→2 | a→1 | c→3'],
    ['white space around everything', ' a \t=\t 1 \t,\t b = 2 ', 'a→1 | b→2'],
    ['white space around properties', 'a=1 ; p = x ;\tq ', 'a→1 (p=x;q)'],
    ['properties', 'a=1;p=x;q', 'a→1 (p=x;q)'],
    ['an empty value', 'a=', 'a→'],
    ['an empty value with properties', 'a= ;p', 'a→ (p)'],
    ['an empty value of a property', 'a=1;p=', 'a→1 (p=)'],
    ['no property behind a semicolon', 'a=1;, b=2 ; ,c=3;;p ;\t;q', 'a→1 | b→2 | c→3 (p;q)'],
    ['= in a value', 'a=1=2==', 'a→1=2=='],
    ['= in a property', 'a=1;p=x=y', 'a→1 (p=x=y)'],
    ['every octet a value may hold', `a=${OCTETS}`, `a→${OCTETS}`],
    ['every character a key may hold', "!#$%&'*+-.^_`|~09AZaz=1", "!#$%&'*+-.^_`|~09AZaz→1"],
    ['percent-encoding', 'a=%09%20%22%27%3B%3D%2C%5C%25', 'a→\t "\';=,\\%'],
    ['percent-encoding in either case', 'a=%c3%A9', 'a→é'],
    ['UTF-8 of four octets', 'a=%F0%9F%98%BC', 'a→😼'],
    ['an encoded octet once', 'a=%2525', 'a→%25'],
    ['+ as a plus', 'a=1+1', 'a→1+1'],
    ['a key as it is', 'a%20b=1', 'a%20b→1'],
    ['a byte order mark', 'a=%EF%BB%BFx', 'a→\ufeffx'],
    ['octets that are not UTF-8 as U+FFFD', 'a=x%FFy', 'a→x\ufffdy'],
    ['an incomplete sequence as U+FFFD', 'a=%E4%BDz', 'a→\ufffdz'],
    ['an encoded lone surrogate as U+FFFD', 'a=%ED%A0%80', 'a→\ufffd\ufffd\ufffd'],
    ['a byte order mark before octets that are not UTF-8', 'a=%EF%BB%BF%FF', 'a→\ufeff\ufffd'],
    ['keys of different case as different', 'a=1,A=2', 'a→1 | A→2'],
    ['the last of members with one key', 'a=1;p,b=2,a=3', 'a→3 | b→2'],
    ['64 members', members(64), members(64).replaceAll(',', ' | ').replaceAll('=', '→')],
    ['the first 64 of 65', members(65), members(64).replaceAll(',', ' | ').replaceAll('=', '→')],
    ['empty members', ',a=1,, ,b=2,', 'a→1 | b→2'],
  ])('%s', (_, text, expected) => {
    expect(shown(text)).toBe(expected)
  })
})

describe('skips, and keeps the rest, a member', () => {
  test.each([
    ['without =', 'bad'],
    ['without a key', '=1'],
    ['with a space in its key', 'b d=1'],
    ['with a key beyond tokens', 'b(d=1'],
    ['with a key beyond ASCII', 'b\u00e4d=1'],
    ['with a space in its value', 'bad=1 2'],
    ['with a quote', 'bad="1"'],
    ['with a backslash', 'bad=\\'],
    ['with a control character', 'bad=\u0000'],
    ['with DEL', 'bad=\u007f'],
    ['with a value beyond ASCII', 'bad=\u00e9'],
    ['with % and no digit', 'bad=%'],
    ['with % and one digit', 'bad=%2'],
    ['with % and other letters', 'bad=%zz'],
    ['with a bad property', 'bad=1;p q'],
    ['with a property without a key', 'bad=1;=x'],
    ['with a bad value of a property', 'bad=1;p="x"'],
    ['with a bad escape in a property', 'bad=1;p=%x'],
    ['with only a property', ';p=1'],
  ])('%s', (_, member) => {
    expect(shown(`a=1,${member},b=2`)).toBe('a→1 | b→2')
  })
})

test.each(['', ' ', ',', 'bad', '"', 'a', ';;;', '=,='])('finds nothing in %j', (text) => {
  expect(parseBaggage(text)).toBeUndefined()
})

describe('keeps to the limits', () => {
  test('reads a header of 8,192 bytes and leaves out what ends after them', () => {
    const first = `a=${'x'.repeat(4000)}`
    const rest = 8192 - first.length - 1
    expect(parseBaggage(`${first},${'b='.padEnd(rest, 'y')}`)?.size).toBe(2)
    expect(parseBaggage(`${first},${'b='.padEnd(rest + 1, 'y')}`)?.size).toBe(1)
    expect(parseBaggage('b='.padEnd(8193, 'y'))).toBeUndefined()
  })
  test('writes 8,192 bytes, and of more leaves out whole members', () => {
    const fits = emptyBaggage().set('a', 'x'.repeat(8188)).set('b', '')
    expect(formatBaggage(fits.remove('b').set('c', ''))).toHaveLength(8190)
    const full = emptyBaggage().set('a', 'x'.repeat(8187)).set('b', '')
    expect(formatBaggage(full)).toHaveLength(8192)
    const over = emptyBaggage().set('a', 'x'.repeat(8188)).set('bb', '1').set('c', '')
    expect(formatBaggage(over)).toBe(`a=${'x'.repeat(8188)}`)
    expect(formatBaggage(emptyBaggage().set('a', 'x'.repeat(9000)).set('b', '1'))).toBe('b=1')
    expect(formatBaggage(emptyBaggage().set('a', 'x'.repeat(8190)))).toHaveLength(8192)
  })
  test('holds 64 members and ignores a sixty-fifth, but not a change of one it holds', () => {
    const full = parseBaggage(members(64))!
    expect(full.set('new', '1').size).toBe(64)
    expect(full.set('new', '1').get('new')).toBeUndefined()
    expect(full.set('k0', 'x').get('k0')).toBe('x')
  })
})

describe('writes', () => {
  test.each([
    ['values as they are where they may', OCTETS, OCTETS],
    ['what no value may hold in UTF-8', ' ",;\\%\té😼\u007f', '%20%22%2C%3B%5C%25%09%C3%A9%F0%9F%98%BC%7F'],
    ['half a surrogate pair as U+FFFD', 'a\ud800b', 'a%EF%BF%BDb'],
    ['an empty value', '', ''],
  ])('%s', (_, value, wire) => {
    expect(formatBaggage(emptyBaggage().set('k', value))).toBe(`k=${wire}`)
  })
  test.each([
    ['encoding and properties as they came', 'a=%41;p=%41;q,b=%c3%A9', 'a=%41;p=%41;q,b=%c3%A9'],
    ['members that repeat a key in their order', 'a=1,b=2,a=3', 'a=1,b=2,a=3'],
    ['nothing of a bad member', 'a=1,b d=2,c=3', 'a=1,c=3'],
    ['no white space and no empty property', ' a = 1 ;\tp = x ; ,\tb=2;; ,,', 'a=1;p=x,b=2'],
  ])('%s', (_, header, wire) => {
    expect(formatBaggage(parseBaggage(header)!)).toBe(wire)
  })
  test('the others as they came when one is set or removed', () => {
    const read = parseBaggage('a=%41;p=%41,b=2,a=%42')!
    expect(formatBaggage(read.set('c', '1'))).toBe('a=%41;p=%41,b=2,a=%42,c=1')
    expect(formatBaggage(read.set('b', 'é'))).toBe('a=%41;p=%41,a=%42,b=%C3%A9')
    expect(formatBaggage(read.remove('a'))).toBe('b=2')
  })
  test('nothing for no members', () => {
    expect(formatBaggage(emptyBaggage())).toBe('')
  })
})

describe('as a value', () => {
  const one = emptyBaggage().set('tier', 'gold', 'ttl=60;pii')

  test('is immutable', () => {
    one.set('tier', 'tin').set('x', '1').remove('tier')
    expect([...one.entries()]).toEqual([['tier', { value: 'gold', metadata: 'ttl=60;pii' }]])
  })
  test('replaces a member together with its metadata', () => {
    expect([...one.set('tier', 'tin').entries()]).toEqual([['tier', { value: 'tin' }]])
  })
  test('removes one, several or absent keys', () => {
    expect(one.set('a', '1').set('b', '2').remove('a', 'tier', 'absent').size).toBe(1)
  })
  test.each([
    ['', 'v', undefined],
    [' k', 'v', undefined],
    ['k k', 'v', undefined],
    ['k=', 'v', undefined],
    ['é', 'v', undefined],
    ['k,l', 'v', undefined],
    ['k', 'v', 'p,x=1'],
    ['k', 'v', 'p\r\nx'],
    ['k', 'v', 'a b'],
    ['k=1,l', 'v', undefined],
    ['k;p', 'v', undefined],
    ['k', 'v', 'p,x'],
  ])('ignores %j=%j;%s, which no header may hold', (key, value, metadata) => {
    expect(emptyBaggage().set(key, value, metadata).size).toBe(0)
  })
  test('knows the properties in its metadata: values are decoded, flags are not', () => {
    expect(baggageProperties(parseBaggage('a=1;p=%41;q;r%41;s=')!.entries().next().value![1].metadata)).toEqual([
      ['p', 'A'],
      ['q'],
      ['r%41'],
      ['s', ''],
    ])
    expect(baggageProperties(undefined)).toEqual([])
  })
  test('takes a program\u2019s values, and loses those that are undefined', () => {
    const merged = mergeBaggage(one, { tier: undefined, region: 'eu', 'bad key': 'x' })
    expect(formatBaggage(merged)).toBe('region=eu')
    expect(mergeBaggage(undefined, {}).size).toBe(0)
  })
  test('becomes attributes for the listed keys only', () => {
    expect(baggageAttributes(mergeBaggage(one, { secret: 's' }), ['tier', 'absent'])).toEqual({ tier: 'gold' })
    expect(baggageAttributes(undefined, ['tier'])).toEqual({})
  })
})
