// The text of a traceparent, line by line of Trace Context Level 2, section 3.2.
import { formatTraceparent, isValid, parseTraceparent, RANDOM, SAMPLED } from 'clew/propagate'
import { describe, expect, test } from 'vitest'

const T = '0af7651916cd43dd8448eb211c80319c'
const P = 'b7ad6b7169203331'
const FF = 'f'.repeat(32)

describe('reads', () => {
  test.each([
    ['not sampled', `00-${T}-${P}-00`, 0],
    ['sampled', `00-${T}-${P}-01`, SAMPLED],
    ['random', `00-${T}-${P}-02`, RANDOM],
    ['sampled and random', `00-${T}-${P}-03`, SAMPLED | RANDOM],
    ['reserved bits, which it ignores', `00-${T}-${P}-ff`, 3],
    ['reserved bits alone', `00-${T}-${P}-fc`, 0],
    ['bits above the defined ones: 09', `00-${T}-${P}-09`, 1],
    ['bits above the defined ones: 0a', `00-${T}-${P}-0a`, 2],
    ['the high digit as reserved', `00-${T}-${P}-10`, 0],
    ['SP and HTAB around it', ` \t 00-${T}-${P}-01\t  `, 1],
    ['a future version of the same length', `cc-${T}-${P}-01`, 1],
    ['a future version with nothing after its dash', `cc-${T}-${P}-01-`, 1],
    ['a future version with more', `cc-${T}-${P}-01-what-the-future-will-be-like`, 1],
    ['a future version with anything after the dash', `01-${T}-${P}-01-\u00e9 ,;`, 1],
    ['a future version in white space', `  cc-${T}-${P}-01  `, 1],
    ['version fe', `fe-${T}-${P}-00`, 0],
  ])('%s', (_, text, traceFlags) => {
    expect(parseTraceparent(text)).toEqual({ traceId: T, spanId: P, traceFlags, isRemote: true })
  })

  test('ids of all f', () => {
    expect(parseTraceparent(`00-${FF}-${'f'.repeat(16)}-01`)).toMatchObject({ traceId: FF, spanId: 'f'.repeat(16) })
  })

  test('ids with a single digit that is not zero', () => {
    const traceId = `${'0'.repeat(31)}1`
    expect(parseTraceparent(`00-${traceId}-${'0'.repeat(15)}a-01`)).toMatchObject({ traceId })
  })
})

describe('refuses', () => {
  test.each([
    ['an empty text', ''],
    ['white space', ' \t '],
    ['version ff', `ff-${T}-${P}-01`],
    ['version ff with more', `ff-${T}-${P}-01-x`],
    ['a version that is not hex', `.0-${T}-${P}-01`],
    ['a version that is not hex at its end', `0.-${T}-${P}-01`],
    ['a version in upper case', `AA-${T}-${P}-01`],
    ['a version of three digits', `000-${T}-${P}-01`],
    ['a version of four digits', `0000-${T}-${P}-01`],
    ['a version of one digit', `0-${T}-${P}-01`],
    ['version 00 followed by a dash', `00-${T}-${P}-01-`],
    ['version 00 followed by more', `00-${T}-${P}-01-what-the-future-will-be-like`],
    ['version 00 followed by a dot', `00-${T}-${P}-01.`],
    ['version 00 followed by white space and more', `00-${T}-${P}-01 x`],
    ['a future version that goes on without a dash', `cc-${T}-${P}-01.what`],
    ['a future version with a third flag digit', `cc-${T}-${P}-011`],
    ['a future version that is too short', `cc-${T}-${P}-0`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${P}-01`],
    ['a parent id of zeros', `00-${T}-${'0'.repeat(16)}-01`],
    ['a trace id in upper case', `00-${T.toUpperCase()}-${P}-01`],
    ['a parent id in upper case', `00-${T}-${P.toUpperCase()}-01`],
    ['flags in upper case', `00-${T}-${P}-0A`],
    ['a trace id that starts with a dot', `00-.${T.slice(1)}-${P}-01`],
    ['a trace id that ends with a dot', `00-${T.slice(1)}.-${P}-01`],
    ['a trace id that is too long', `00-${T}0-${P}-01`],
    ['a trace id that is too short', `00-${T.slice(1)}-${P}-01`],
    ['a parent id with a letter beyond f', `00-${T}-${P.slice(1)}g-01`],
    ['a parent id that is too long', `00-${T}-${P}0-01`],
    ['a parent id that is too short', `00-${T}-${P.slice(1)}-01`],
    ['flags that start with a dot', `00-${T}-${P}-.0`],
    ['flags that end with a dot', `00-${T}-${P}-0.`],
    ['one flag digit', `00-${T}-${P}-1`],
    ['three flag digits', `00-${T}-${P}-001`],
    ['no flags', `00-${T}-${P}`],
    ['other separators', `00_${T}_${P}_01`],
    ['two headers joined', `00-${T}-${P}-01, 00-${T}-${P}-01`],
    ['two headers of a future version joined', `cc-${T}-${P}-01, cc-${T}-${P}-01`],
    ['a line break around it', `00-${T}-${P}-01\r\n`],
    ['other white space around it', `\u00a000-${T}-${P}-01`],
    ['wide digits', `00-\uff10${T.slice(1)}-${P}-01`],
    ['an id in quotes', `"00-${T}-${P}-01"`],
  ])('%s', (_, text) => {
    expect(parseTraceparent(text)).toBeUndefined()
  })

  test('a text longer than 8,192 characters, and not one of that length', () => {
    const text = `cc-${T}-${P}-01-`
    expect(parseTraceparent(text.padEnd(8192, 'x'))).toBeDefined()
    expect(parseTraceparent(text.padEnd(8193, 'x'))).toBeUndefined()
  })
})

describe('writes', () => {
  test.each([
    [0, '00'],
    [1, '01'],
    [2, '02'],
    [3, '03'],
    [0xff, '03'],
    [0x80, '00'],
  ])('flags %i as %s: reserved ones are zero', (traceFlags, flags) => {
    expect(formatTraceparent({ traceId: T, spanId: P, traceFlags })).toBe(`00-${T}-${P}-${flags}`)
  })

  test('version 00 whatever version was read', () => {
    expect(formatTraceparent(parseTraceparent(`cc-${T}-${P}-01-more`)!)).toBe(`00-${T}-${P}-01`)
  })
})

test.each([
  ['a pair of ids', T, P, true],
  ['a zero trace id', '0'.repeat(32), P, false],
  ['a zero span id', T, '0'.repeat(16), false],
  ['an upper-case id', T.toUpperCase(), P, false],
  ['a short id', T.slice(2), P, false],
  ['a long id', T, `${P}00`, false],
  ['empty ids', '', '', false],
])('knows %s', (_, traceId, spanId, valid) => {
  expect(isValid({ traceId, spanId, traceFlags: 0 })).toBe(valid)
})
