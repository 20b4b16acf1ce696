// Google's X-Cloud-Trace-Context, and the decimal ids it shares with Datadog.
import { google } from 'clew/propagate'
import { expect, test } from 'vitest'
import { extract, IDENTITY, inject, TRACE_ID, told } from './carriers.ts'

test.each([
  ['sampled', `${TRACE_ID}/1;o=1`, `${TRACE_ID} 0000000000000001 1`],
  ['not sampled', `${TRACE_ID}/1;o=0`, `${TRACE_ID} 0000000000000001 0`],
  ['no options as not sampled', `${TRACE_ID}/1`, `${TRACE_ID} 0000000000000001 0`],
  ['the greatest span id', `${TRACE_ID}/18446744073709551615;o=1`, `${TRACE_ID} ffffffffffffffff 1`],
  ['leading zeros', `${TRACE_ID}/0010;o=1`, `${TRACE_ID} 000000000000000a 1`],
  ['upper case', `${TRACE_ID.toUpperCase()}/255;o=1`, `${TRACE_ID} 00000000000000ff 1`],
  ['white space', ` ${TRACE_ID}/1;o=1 `, `${TRACE_ID} 0000000000000001 1`],
  ['a span id over 64 bits', `${TRACE_ID}/18446744073709551616;o=1`, 'nothing'],
  ['a span id of 21 digits', `${TRACE_ID}/000000000000000000001;o=1`, 'nothing'],
  ['a zero span id', `${TRACE_ID}/0;o=1`, 'nothing'],
  ['a hexadecimal span id', `${TRACE_ID}/ab;o=1`, 'nothing'],
  ['a negative span id', `${TRACE_ID}/-1;o=1`, 'nothing'],
  ['no span id', `${TRACE_ID};o=1`, 'nothing'],
  ['an empty span id', `${TRACE_ID}/;o=1`, 'nothing'],
  ['a zero trace id', `${'0'.repeat(32)}/1;o=1`, 'nothing'],
  ['a short trace id', `${TRACE_ID.slice(1)}/1;o=1`, 'nothing'],
  ['other options', `${TRACE_ID}/1;o=x`, 'nothing'],
  ['more behind', `${TRACE_ID}/1;o=1;x=1`, 'nothing'],
])('reads %s', (_, header, expected) => {
  expect(told(extract(google(), { 'X-Cloud-Trace-Context': header }))).toBe(expected)
})

test('writes the span id in decimal', () => {
  const spanContext = { ...IDENTITY, spanId: 'ffffffffffffffff' }
  expect(inject(google(), { spanContext })).toEqual({
    'x-cloud-trace-context': `${TRACE_ID}/18446744073709551615;o=1`,
  })
  expect(inject(google(), { spanContext: { ...spanContext, traceFlags: 0 } })).toEqual({
    'x-cloud-trace-context': `${TRACE_ID}/18446744073709551615;o=0`,
  })
})
