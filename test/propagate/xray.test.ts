// AWS X-Ray's header, and its like from Lambda.
import { readXray, xray, xrayLambda } from 'clew/propagate'
import { describe, expect, test } from 'vitest'
import { extract, IDENTITY, inject, SPAN_ID, TRACE_ID, told } from './carriers.ts'

const ROOT = `Root=1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)}`
const PARENT = `Parent=${SPAN_ID}`
const IDS = `${TRACE_ID} ${SPAN_ID}`

describe('reads', () => {
  test.each([
    ['sampled', `${ROOT};${PARENT};Sampled=1`, `${IDS} 1`],
    ['not sampled', `${ROOT};${PARENT};Sampled=0`, `${IDS} 0`],
    ['a decision left to us', `${ROOT};${PARENT};Sampled=?`, `${IDS} 0 deferred`],
    ['no decision as the same', `${ROOT};${PARENT}`, `${IDS} 0 deferred`],
    ['parts in any order', `Sampled=1;${PARENT};${ROOT}`, `${IDS} 1`],
    ['a semicolon at the end', `${ROOT};${PARENT};Sampled=1;`, `${IDS} 1`],
    ['white space around parts', ` ${ROOT} ; ${PARENT}; Sampled = 1 `, `${IDS} 1`],
    ['Self and unknown parts', `Self=1-67891234-12456789abcdef012345678;${ROOT};${PARENT};Sampled=1;a=b`, `${IDS} 1`],
    ['parts without a value', `x;=;${ROOT};${PARENT};Sampled=1`, `${IDS} 1`],
    ['no parent', `${ROOT};Sampled=1`, 'nothing'],
    ['no root', `${PARENT};Sampled=1`, 'nothing'],
    ['an unknown decision', `${ROOT};${PARENT};Sampled=2`, 'nothing'],
    ['an empty decision', `${ROOT};${PARENT};Sampled=`, 'nothing'],
    ['another version', `${ROOT.replace('=1-', '=2-')};${PARENT};Sampled=1`, 'nothing'],
    ['a short root', `${ROOT.slice(0, -1)};${PARENT};Sampled=1`, 'nothing'],
    ['a long root', `${ROOT}0;${PARENT};Sampled=1`, 'nothing'],
    ['a root without dashes', `Root=1${TRACE_ID};${PARENT};Sampled=1`, 'nothing'],
    ['a short parent', `${ROOT};${PARENT.slice(0, -1)};Sampled=1`, 'nothing'],
    ['a zero root', `Root=1-${'0'.repeat(8)}-${'0'.repeat(24)};${PARENT};Sampled=1`, 'nothing'],
    ['a zero parent', `${ROOT};Parent=${'0'.repeat(16)};Sampled=1`, 'nothing'],
    ['letters beyond f', `${ROOT};Parent=${'g'.repeat(16)};Sampled=1`, 'nothing'],
    ['nothing', '', 'nothing'],
  ])('%s', (_, header, expected) => {
    expect(told(extract(xray(), { 'X-Amzn-Trace-Id': header }))).toBe(expected)
    expect(told(readXray(header, {}))).toBe(expected)
  })
})

describe('hands on Lineage', () => {
  test.each([
    ['of the usual size', '25:a87bd80c:1', true],
    ['at its greatest', '32767:ffffffff:255', true],
    ['at its least', '0:00000000:0', true],
    ['but not over 32767', '32768:a87bd80c:1', false],
    ['but not over 255', '1:a87bd80c:256', false],
    ['but not with a short hash', '1:a87bd80:1', false],
    ['but not with two parts', '1:a87bd80c', false],
    ['but not with a line break', '1:a87bd80c:1\n', false],
  ])('%s', (_, lineage, kept) => {
    const context = extract(xray(), { 'x-amzn-trace-id': `${ROOT};${PARENT};Sampled=1;Lineage=${lineage}` })
    expect(inject(xray(), context)).toEqual({
      'x-amzn-trace-id': `${ROOT};${PARENT};Sampled=1${kept ? `;Lineage=${lineage}` : ''}`,
    })
  })
})

test.each([
  ['sampled', { spanContext: IDENTITY }, '1'],
  ['not sampled', { spanContext: { ...IDENTITY, traceFlags: 2 } }, '0'],
  ['an open decision', { spanContext: IDENTITY, decision: 'deferred' } as const, '?'],
])('writes %s', (_, context, sampled) => {
  expect(inject(xray(), context)).toEqual({ 'x-amzn-trace-id': `${ROOT};${PARENT};Sampled=${sampled}` })
})

describe('in Lambda', () => {
  const own = `Root=1-${'a'.repeat(8)}-${'a'.repeat(24)};Parent=${'b'.repeat(16)};Sampled=0`
  const header = { 'x-amzn-trace-id': `${ROOT};${PARENT};Sampled=1` }
  const ofOwn = `${'a'.repeat(32)} ${'b'.repeat(16)} 0`

  test('the invocation\u2019s own value comes before the header', () => {
    expect(
      told(
        extract(
          xrayLambda(() => own),
          header,
        ),
      ),
    ).toBe(ofOwn)
  })
  test('the header is read when there is none', () => {
    expect(
      told(
        extract(
          xrayLambda(() => undefined),
          header,
        ),
      ),
    ).toBe(`${IDS} 1`)
    expect(
      told(
        extract(
          xrayLambda(() => 'garbage'),
          header,
        ),
      ),
    ).toBe(`${IDS} 1`)
  })
  test('an identity that another format found stays', () => {
    const context = { spanContext: IDENTITY }
    expect(
      extract(
        xrayLambda(() => own),
        header,
        context,
      ),
    ).toBe(context)
  })
})
