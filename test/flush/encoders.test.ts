// The two encoders say the same, and a decoder that is not ours understands them.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_DEPTH, MAX_NODES, MAX_TIME_MS } from '../../src/flush/value.ts'
import {
  type Attributes,
  type AttributeValue,
  type Batch,
  type Encoder,
  type EventRecord,
  json,
  type LinkRecord,
  type LogRecord,
  protobuf,
  type SpanRecord,
} from '../../src/flush.ts'
import { plain } from '../collector.ts'
import { type DecodedLogs, type DecodedTraces, decodeLogs, decodeTraces } from '../otlp-decode.ts'
import { batch, log, span } from './records.ts'

const encoders: [name: string, encoder: Encoder][] = [
  ['JSON', json()],
  ['protobuf', protobuf()],
]

const bytes = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body
const traces = (encoder: Encoder, from: Batch): DecodedTraces =>
  decodeTraces(encoder.contentType, bytes(encoder.traces(from)))
const logs = (encoder: Encoder, from: Batch): DecodedLogs => decodeLogs(encoder.contentType, bytes(encoder.logs(from)))
const only = (encoder: Encoder, record: SpanRecord) =>
  traces(encoder, batch({ spans: [record] })).resourceSpans[0]!.scopeSpans[0]!.spans[0]!
const attribute = (encoder: Encoder, value: unknown) =>
  only(encoder, span({ attributes: { a: value as AttributeValue } })).attributes[0]?.value

const cyclic: Record<string, unknown> = { name: 'loop' }
cyclic['self'] = cyclic
const nested = (depth: number): unknown => (depth === 0 ? 'end' : [nested(depth - 1)])
let doubled: object = {}
for (let i = 0; i < 60; i++) doubled = { x: doubled, y: doubled }

describe.each(encoders)('%s', (_, encoder) => {
  it.each<[what: string, value: unknown, decoded: object | undefined]>([
    ['text', 'größe 🚀', { stringValue: 'größe 🚀' }],
    ['empty text', '', { stringValue: '' }],
    ['text that JSON escapes', '"\\\n\u0000\u2028</script>', { stringValue: '"\\\n\u0000\u2028</script>' }],
    ['a high surrogate alone', 'a\ud800b', { stringValue: 'a\ufffdb' }],
    ['a low surrogate alone', '\udc00', { stringValue: '\ufffd' }],
    ['surrogates in the wrong order', '\udc00\ud800', { stringValue: '\ufffd\ufffd' }],
    ['true', true, { boolValue: true }],
    ['false', false, { boolValue: false }],
    ['zero', 0, { intValue: '0' }],
    ['a negative integer', -1, { intValue: '-1' }],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER, { intValue: '9007199254740991' }],
    ['the smallest safe integer', Number.MIN_SAFE_INTEGER, { intValue: '-9007199254740991' }],
    ['an integral double beyond', 2 ** 53, { doubleValue: 2 ** 53 }],
    ['2^31', 2 ** 31, { intValue: '2147483648' }],
    ['2^32 - 1', 2 ** 32 - 1, { intValue: '4294967295' }],
    ['a double', 0.1, { doubleValue: 0.1 }],
    ['the smallest double', 5e-324, { doubleValue: 5e-324 }],
    ['NaN', Number.NaN, { doubleValue: Number.NaN }],
    ['infinity', Infinity, { doubleValue: Infinity }],
    ['negative infinity', -Infinity, { doubleValue: -Infinity }],
    ['the largest int64', 2n ** 63n - 1n, { intValue: '9223372036854775807' }],
    ['the smallest int64', -(2n ** 63n), { intValue: '-9223372036854775808' }],
    ['a bigint beyond int64', 2n ** 63n, { stringValue: '9223372036854775808' }],
    ['bytes', new Uint8Array([0, 127, 128, 255]), { bytesValue: 'AH+A/w==' }],
    ['no bytes', new Uint8Array(), { bytesValue: '' }],
    ['null', null, {}],
    ['undefined', undefined, undefined],
    ['a function', () => 1, undefined],
    ['a symbol', Symbol('s'), undefined],
    ['an empty list', [], { arrayValue: { values: [] } }],
    [
      'a list of everything',
      ['a', 1, true, null, undefined, () => 1, [2]],
      {
        arrayValue: {
          values: [
            { stringValue: 'a' },
            { intValue: '1' },
            { boolValue: true },
            {},
            {},
            {},
            { arrayValue: { values: [{ intValue: '2' }] } },
          ],
        },
      },
    ],
    ['an empty object', {}, { kvlistValue: { values: [] } }],
    [
      'an object, without what is absent, in order',
      { b: 1, a: null, c: undefined, __proto__: null, d: Symbol.iterator },
      {
        kvlistValue: {
          values: [
            { key: 'b', value: { intValue: '1' } },
            { key: 'a', value: {} },
          ],
        },
      },
    ],
    [
      'a getter that throws',
      {
        get secret(): string {
          throw new Error('no')
        },
      },
      {},
    ],
    ['a revoked proxy', revoked(), {}],
  ])('writes %s', (_, value, decoded) => {
    expect(attribute(encoder, value)).toEqual(decoded)
  })

  it('cuts a value at 30 levels and ends in a circle', () => {
    expect(JSON.stringify(attribute(encoder, nested(MAX_DEPTH - 1)))).toContain('end')
    expect(JSON.stringify(attribute(encoder, nested(MAX_DEPTH + 1)))).not.toContain('end')
    expect(JSON.stringify(attribute(encoder, cyclic)).split('"loop"')).toHaveLength(MAX_DEPTH + 1)
  })

  it('ends a value that is exponential as a tree, and keeps one of 10,000 nodes', () => {
    expect(JSON.stringify(attribute(encoder, doubled)).length).toBeLessThan(1_000_000)
    const most = attribute(encoder, new Array(MAX_NODES - 1).fill(7))
    expect(most?.arrayValue?.values).toHaveLength(MAX_NODES - 1)
    expect(attribute(encoder, new Array(MAX_NODES).fill(7))?.arrayValue?.values).toHaveLength(MAX_NODES - 1)
    expect(attribute(encoder, new Array(2 ** 31))?.arrayValue?.values).toHaveLength(MAX_NODES - 1)
    const wide = Object.fromEntries(Array.from({ length: MAX_NODES + 5 }, (_, i) => [`k${i}`, i]))
    expect(attribute(encoder, wide)?.kvlistValue?.values).toHaveLength(MAX_NODES - 1)
  })

  it.each([
    [1_760_000_000_000, '1760000000000000000'],
    [1_760_000_000_123, '1760000000123000000'],
    [1_760_000_000_123.5, '1760000000123500000'],
    [1_760_000_000_999.999_8, '1760000000999999756'],
    [0.000001, '1'],
    [0.999_999_9, '1000000'],
    [999.999_999_9, '1000000000'],
    [1, '1000000'],
    [MAX_TIME_MS - 1, '18446744073708000000'],
    [MAX_TIME_MS, '0'],
    [-1, '0'],
    [Number.NaN, '0'],
    [Infinity, '0'],
  ])('writes %d ms exactly', (ms, nanos) => {
    expect(BigInt(only(encoder, span({ startMs: ms })).startTimeUnixNano)).toBe(BigInt(nanos))
  })

  it('writes every field of a span', () => {
    const full = span({
      traceId: '00000000000000000000000000000001',
      spanId: 'ffffffffffffffff',
      parentSpanId: '00f067aa0ba902b7',
      parentIsRemote: true,
      traceFlags: 3,
      traceState: 'ot=th:8',
      name: 'charge "card"',
      kind: 4,
      droppedAttributes: 1,
      events: [{ name: 'retry', timeMs: 1.5, attributes: { n: 1 }, droppedAttributes: 4 }],
      droppedEvents: 2,
      links: [
        {
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          traceFlags: 1,
          traceState: 'x=y',
          isRemote: true,
          attributes: { l: true },
          droppedAttributes: 5,
        },
      ],
      droppedLinks: 3,
      statusCode: 2,
      statusMessage: 'declined',
    })
    expect(only(encoder, full)).toEqual({
      traceId: '00000000000000000000000000000001',
      spanId: 'ffffffffffffffff',
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'ot=th:8',
      flags: 0x303,
      name: 'charge "card"',
      kind: 5,
      startTimeUnixNano: '1760000000000000000',
      endTimeUnixNano: '1760000000125000000',
      attributes: [],
      droppedAttributesCount: 1,
      events: [
        {
          name: 'retry',
          timeUnixNano: '1500000',
          attributes: [{ key: 'n', value: { intValue: '1' } }],
          droppedAttributesCount: 4,
        },
      ],
      droppedEventsCount: 2,
      links: [
        {
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          traceState: 'x=y',
          flags: 0x301,
          attributes: [{ key: 'l', value: { boolValue: true } }],
          droppedAttributesCount: 5,
        },
      ],
      droppedLinksCount: 3,
      status: { code: 2, message: 'declined' },
    })
    expect(only(encoder, span({ traceFlags: 0 })).flags).toBe(0x100)
    expect(only(encoder, span({ traceFlags: 0x1ff })).flags).toBe(0x1ff)
  })

  it('writes every field of a log record, also outside a span', () => {
    const full = log({ body: { order: 7 }, eventName: 'order.paid', droppedAttributes: 2, attributes: { a: 'b' } })
    const decoded = logs(encoder, batch({ logs: [full, log({ traceId: '', spanId: '', body: null })] }))
    expect(decoded.resourceLogs[0]!.scopeLogs[0]!.logRecords).toEqual([
      {
        timeUnixNano: '1760000000100000000',
        observedTimeUnixNano: '1760000000100000000',
        severityNumber: 9,
        severityText: 'INFO',
        body: { kvlistValue: { values: [{ key: 'order', value: { intValue: '7' } }] } },
        attributes: [{ key: 'a', value: { stringValue: 'b' } }],
        droppedAttributesCount: 2,
        flags: 1,
        traceId: full.traceId,
        spanId: full.spanId,
        eventName: 'order.paid',
      },
      expect.objectContaining({ traceId: '', spanId: '', flags: 0, body: {} }),
    ])
  })

  it('names resource, scope and their schemas, and tells of losses in the scope', () => {
    const from = batch({
      resource: { attributes: { 'service.name': 'checkout', shards: 3 }, schemaUrl: 'https://a/1' },
      scope: { name: 'clew', version: '9', schemaUrl: 'https://b/2' },
      spans: [span()],
      dropped: { timeout: 3, late: 1 },
    })
    for (const round of ['first', 'again']) {
      const [group] = traces(encoder, from).resourceSpans
      expect(plain(group!.resource.attributes), round).toEqual({ 'service.name': 'checkout', shards: 3n })
      expect(group!.schemaUrl).toBe('https://a/1')
      expect(group!.scopeSpans[0]).toMatchObject({ schemaUrl: 'https://b/2', scope: { name: 'clew', version: '9' } })
      expect(plain(group!.scopeSpans[0]!.scope.attributes)).toEqual({
        'clew.dropped.timeout': 3n,
        'clew.dropped.late': 1n,
      })
    }
    const [other] = traces(encoder, batch({ spans: [span()] })).resourceSpans
    expect(plain(other!.resource.attributes)).toEqual({ 'service.name': 'checkout' })
    expect(other!.scopeSpans[0]!.scope.attributes).toEqual([])
  })

  it('keeps its head about a message after one that threw', () => {
    const broken = span({ attributes: null as unknown as Attributes })
    expect(() => encoder.traces(batch({ spans: [span(), broken] }))).toThrow()
    expect(only(encoder, span({ name: 'next' })).name).toBe('next')
  })

  it('writes many attribute keys and large batches', () => {
    const attributes = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`key.${i}`, i]))
    const decoded = traces(encoder, batch({ spans: Array.from({ length: 300 }, () => span({ attributes })) }))
    const all = decoded.resourceSpans[0]!.scopeSpans[0]!.spans
    expect(all).toHaveLength(300)
    expect(plain(all[299]!.attributes)['key.1199']).toBe(1199n)
  })
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe('both encoders', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string())
  const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      text,
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.boolean(),
      fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
      fc.constantFrom(null, undefined),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    ),
  })).value
  const attributes = fc.dictionary(text, value, { maxKeys: 6 }) as fc.Arbitrary<Attributes>
  const id = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`))
  const count = fc.oneof(fc.constant(0), fc.nat())
  const time = fc.oneof(
    fc.integer({ min: 0, max: 4_000_000_000_000 }),
    fc.double({ min: 0, max: 4_000_000_000_000, noNaN: true }),
    fc.double(),
  )
  const traceFlags = fc.integer({ min: 0, max: 255 })
  const event: fc.Arbitrary<EventRecord> = fc.record({ name: text, timeMs: time, attributes, droppedAttributes: count })
  const link: fc.Arbitrary<LinkRecord> = fc.record({
    traceId: id(32),
    spanId: id(16),
    traceFlags,
    traceState: text,
    isRemote: fc.boolean(),
    attributes,
    droppedAttributes: count,
  })
  const record: fc.Arbitrary<SpanRecord> = fc.record({
    traceId: id(32),
    spanId: id(16),
    parentSpanId: fc.oneof(fc.constant(''), id(16)),
    parentIsRemote: fc.boolean(),
    traceFlags,
    traceState: text,
    name: text,
    kind: fc.constantFrom(0, 1, 2, 3, 4),
    startMs: time,
    endMs: time,
    attributes,
    droppedAttributes: count,
    events: fc.array(event, { maxLength: 3 }),
    droppedEvents: count,
    links: fc.array(link, { maxLength: 3 }),
    droppedLinks: count,
    statusCode: fc.constantFrom(0, 1, 2),
    statusMessage: text,
  })
  const logRecord: fc.Arbitrary<LogRecord> = fc.record({
    timeMs: time,
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: text,
    body: value,
    attributes,
    droppedAttributes: count,
    traceId: fc.oneof(fc.constant(''), id(32)),
    spanId: id(16),
    traceFlags,
    eventName: text,
  })
  const any: fc.Arbitrary<Batch> = fc.record({
    resource: fc.record({ attributes, schemaUrl: text }),
    scope: fc.record({ name: text, version: text }),
    spans: fc.array(record, { maxLength: 4 }),
    logs: fc.array(logRecord, { maxLength: 4 }),
    dropped: fc.constantFrom({}, { timeout: 3 }, { late: 1, encoding: 2 }),
  })

  it('say the same of any batch', () => {
    const [asJson, asProtobuf] = [json(), protobuf()]
    fc.assert(
      fc.property(any, (from) => {
        expect(traces(asJson, from)).toEqual(traces(asProtobuf, from))
        expect(logs(asJson, from)).toEqual(logs(asProtobuf, from))
      }),
      { numRuns: 300 },
    )
  })
})

const protoc = (body: string | Uint8Array) =>
  spawnSync(
    'protoc',
    [
      `-I${fileURLToPath(new URL('../../viewer/proto', import.meta.url))}`,
      '--decode=opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
      'opentelemetry/proto/collector/trace/v1/trace_service.proto',
    ],
    { input: body },
  )

it.skipIf(protoc('').error)('protoc decodes what protobuf() writes, without an unknown field', () => {
  const deepest = Array.from({ length: MAX_DEPTH - 1 }).reduce<AttributeValue>((inner) => ({ inner }), 'end')
  const one = span({
    traceState: 'a=b',
    parentSpanId: '00f067aa0ba902b7',
    attributes: { text: 'größe', min: -(2n ** 63n), nan: Number.NaN, bytes: new Uint8Array([7]), deepest },
    events: [{ name: 'retry', timeMs: 1.5, attributes: { deepest }, droppedAttributes: 1 }],
    links: [
      {
        traceId: 'a'.repeat(32),
        spanId: 'b'.repeat(16),
        traceFlags: 1,
        traceState: '',
        isRemote: true,
        attributes: {},
        droppedAttributes: 0,
      },
    ],
    statusCode: 2,
    statusMessage: 'no',
  })
  const { status, stdout, stderr } = protoc(protobuf().traces(batch({ spans: [one], dropped: { late: 1 } })))
  expect([status, String(stderr)]).toEqual([0, ''])
  const said = String(stdout)
  expect(said).not.toMatch(/^\s*\d+[:\s]/m)
  for (const line of [
    'start_time_unix_nano: 1760000000000000000',
    'time_unix_nano: 1500000',
    'int_value: -9223372036854775808',
    'double_value: nan',
    'kind: SPAN_KIND_SERVER',
    'code: STATUS_CODE_ERROR',
    'flags: 769',
    'key: "clew.dropped.late"',
  ])
    expect(said).toContain(line)
})

describe('answers', () => {
  it.each<[what: string, contentType: string, body: Uint8Array, rejected: number, message: string]>([
    ['nothing', 'json', bytes(''), 0, ''],
    ['an empty object', 'json', bytes('{}'), 0, ''],
    ['an empty partial success', 'json', bytes('{"partialSuccess":{}}'), 0, ''],
    [
      'rejected spans as text',
      'json',
      bytes('{"partialSuccess":{"rejectedSpans":"3","errorMessage":"old"}}'),
      3,
      'old',
    ],
    ['rejected log records as a number', 'json', bytes('{"partialSuccess":{"rejectedLogRecords":2}}'), 2, ''],
    ['nothing', 'protobuf', new Uint8Array(), 0, ''],
    [
      'rejected spans',
      'protobuf',
      new Uint8Array([0x0a, 0x08, 0x08, 0x80, 0x01, 0x12, 0x03, 0x6f, 0x6c, 0x64]),
      128,
      'old',
    ],
    ['an unknown field first', 'protobuf', new Uint8Array([0x10, 0x05, 0x0a, 0x02, 0x08, 0x07]), 7, ''],
    ['a message cut short', 'protobuf', new Uint8Array([0x0a, 0x7f, 0x08]), 0, ''],
  ])('reads %s in %s', (_, kind, body, rejected, message) => {
    const encoder = kind === 'json' ? json() : protobuf()
    expect(encoder.answer(body)).toEqual({ rejected, message })
  })
})
