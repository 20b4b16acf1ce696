// Messages of queues: where a context is found, how many links a batch gives.
import {
  attach,
  carrierOf,
  extractLinks,
  type MessageAttribute,
  messageAttributeGetter,
  messageAttributeSetter,
  messageContext,
  traceContext,
} from 'clew/propagate'
import { describe, expect, test } from 'vitest'
import { IDENTITY, SPAN_ID, TRACE_ID, told } from './carriers.ts'

const format = traceContext()
const carrier = carrierOf({ spanContext: IDENTITY }, format)
const traceparent = carrier['traceparent']!
const FOUND = `${TRACE_ID} ${SPAN_ID} 1`
const traced = attach({ cart: '42' }, carrier)
const xray = `Root=1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)};Parent=${SPAN_ID};Sampled=1`

const numbered = (at: number): object =>
  attach({ at }, { traceparent: `00-${TRACE_ID}-${at.toString(16).padStart(16, '0')}-01` })

describe('finds the context of', () => {
  test.each<[string, unknown]>([
    ['a traced payload', traced],
    ['a Workers queue message', { id: '1', timestamp: new Date(0), body: traced, attempts: 1 }],
    ['a message with a JSON body', { body: JSON.stringify(traced) }],
    ['a message with a CloudEvent as its body', { body: JSON.stringify({ specversion: '1.0', traceparent, data: 1 }) }],
    [
      'an SQS record with attributes',
      {
        eventSource: 'aws:sqs',
        body: 'text',
        messageAttributes: { traceparent: { stringValue: traceparent, dataType: 'String' } },
      },
    ],
    [
      'an SQS message as its SDK receives it',
      {
        Body: 'text',
        MessageAttributes: { traceparent: { StringValue: traceparent, DataType: 'String' } },
      },
    ],
    [
      'an SNS record with attributes',
      {
        EventSource: 'aws:sns',
        Sns: { Message: 'text', MessageAttributes: { traceparent: { Type: 'String', Value: traceparent } } },
      },
    ],
    ['an SNS record with a traced message', { Sns: { Message: JSON.stringify(traced) } }],
    ['an SQS record with AWS\u2019s own header', { body: 'text', attributes: { AWSTraceHeader: xray } }],
  ])('%s', (_, message) => {
    expect(told(messageContext(message, format))).toBe(FOUND)
  })

  test('a body before attributes, and attributes before AWS\u2019s own header', () => {
    const attributes = { AWSTraceHeader: xray.replace(SPAN_ID, '3'.repeat(16)) }
    const messageAttributes = { traceparent: { stringValue: traceparent.replace(SPAN_ID, '2'.repeat(16)) } }
    expect(told(messageContext({ attributes, messageAttributes, body: traced }, format))).toBe(FOUND)
    expect(told(messageContext({ attributes, messageAttributes, body: 'x' }, format))).toContain('2'.repeat(16))
    expect(told(messageContext({ attributes, body: 'x' }, format))).toContain('3'.repeat(16))
  })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['text', 'traceparent'],
  ['broken JSON', { body: '{"$trace":{"traceparent":' }],
  ['a body that is JSON but no object', { body: '["$trace"]' }],
  ['attributes that are null', { messageAttributes: null, attributes: null, Sns: null }],
  ['attributes of anything', { messageAttributes: { traceparent: null, tracestate: 7 } }],
  ['a header that is no text', { attributes: { AWSTraceHeader: { Root: 1 } } }],
  ['a body of more than a mebibyte', { body: JSON.stringify({ ...traced, pad: 'x'.repeat(1_048_576) }) }],
])('finds none in %s', (_, message) => {
  expect(messageContext(message, format)).toEqual({})
})

test('writes attributes that SQS takes', () => {
  const attributes: Record<string, MessageAttribute> = {}
  format.inject({ spanContext: IDENTITY }, messageAttributeSetter(attributes))
  expect(attributes).toEqual({ traceparent: { DataType: 'String', StringValue: traceparent } })
  expect(messageAttributeGetter(attributes).get('traceparent')).toBe(traceparent)
})

describe('a batch', () => {
  test('gives a link a message, in their order, and none for a message without context', () => {
    const links = extractLinks([{ body: numbered(2) }, { body: 'x' }, { body: numbered(1) }], format)
    expect(links.map(({ spanId }) => spanId)).toEqual(['0000000000000002', '0000000000000001'])
  })
  test('gives the same context once', () => {
    expect(extractLinks([{ body: traced }, { body: traced }], format)).toHaveLength(1)
  })
  test('gives 128 links and no more', () => {
    const messages = Array.from({ length: 129 }, (_, at) => numbered(at + 1))
    expect(extractLinks(messages.slice(1), format)).toHaveLength(128)
    expect(extractLinks(messages, format)).toHaveLength(128)
    expect(extractLinks([], format)).toEqual([])
  })
})
