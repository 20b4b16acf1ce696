// In: the same spans, written by clew and by OpenTelemetry's own package. Out: whether one decoder reads the same.
// Their protobuf is the witness for both encodings: their JSON has integers as numbers, which the decoder here refuses.
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { json, protobuf, type SpanRecord } from '../../src/flush.ts'
import { decodeTraces } from '../otlp-decode.ts'
import { batch, span } from './records.ts'

const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1e6]

/** A record as OpenTelemetry's SDK would hand it to its serializers. */
function readable(record: SpanRecord) {
  const { traceId, spanId, parentSpanId, traceFlags } = record
  return {
    name: record.name,
    kind: record.kind,
    spanContext: () => ({ traceId, spanId, traceFlags }),
    ...(parentSpanId && {
      parentSpanContext: { traceId, spanId: parentSpanId, traceFlags, isRemote: record.parentIsRemote },
    }),
    startTime: hrTime(record.startMs),
    endTime: hrTime(record.endMs),
    status: { code: record.statusCode, message: record.statusMessage },
    attributes: record.attributes,
    links: record.links.map(({ traceId, spanId, traceFlags, isRemote, attributes, droppedAttributes }) => ({
      context: { traceId, spanId, traceFlags, isRemote },
      attributes,
      droppedAttributesCount: droppedAttributes,
    })),
    events: record.events.map(({ name, timeMs, attributes, droppedAttributes }) => ({
      name,
      time: hrTime(timeMs),
      attributes,
      droppedAttributesCount: droppedAttributes,
    })),
    duration: hrTime(record.endMs - record.startMs),
    ended: true,
    resource: {
      attributes: { 'service.name': 'checkout' },
      merge: () => {},
      getRawAttributes: () => [['service.name', 'checkout']],
    },
    instrumentationScope: { name: 'clew', version: '0.1.0' },
    droppedAttributesCount: record.droppedAttributes,
    droppedEventsCount: record.droppedEvents,
    droppedLinksCount: record.droppedLinks,
  }
}

const hex = (length: number) =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((id) => !/^0+$/.test(id))
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.constantFrom(0.5, -1.25e-7, 3e-300),
  fc.array(text, { maxLength: 3 }),
)
const attributes = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).filter((key) => key !== '__proto__'),
  value,
  { maxKeys: 4 },
)
const ms = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 })
const count = fc.integer({ min: 0, max: 9 })

const record: fc.Arbitrary<SpanRecord> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: fc.oneof(fc.constant(''), hex(16)),
    name: text,
    kind: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const, 4 as const),
    startMs: ms,
    endMs: ms,
    attributes,
    droppedAttributes: count,
    events: fc.array(fc.record({ name: text, timeMs: ms, attributes, droppedAttributes: count }), { maxLength: 2 }),
    droppedEvents: count,
    links: fc.array(
      fc.record({
        traceId: hex(32),
        spanId: hex(16),
        traceFlags: fc.constant(1),
        traceState: fc.constant(''),
        isRemote: fc.boolean(),
        attributes,
        droppedAttributes: count,
      }),
      { maxLength: 2 },
    ),
    droppedLinks: count,
    statusCode: fc.constantFrom(0 as const, 1 as const, 2 as const),
  })
  .map((fields) => span({ ...fields, statusMessage: fields.statusCode === 2 ? 'no' : '' }))

const bytes = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body

test.each([
  ['JSON', json()],
  ['protobuf', protobuf()],
])('%s says the same as what OpenTelemetry’s own package writes', (_, encoder) => {
  // A status of zeros may be written or left out: both mean unset.
  const spansIn = (contentType: string, body: Uint8Array) =>
    decodeTraces(contentType, body)
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      .map((one) => ({ ...one, status: { code: one.status?.code ?? 0, message: one.status?.message ?? '' } }))
  fc.assert(
    fc.property(record, (one) => {
      const theirs = ProtobufTraceSerializer.serializeRequest([readable(one)] as never)!
      const ours = bytes(encoder.traces(batch({ spans: [one] })))
      expect(spansIn(encoder.contentType, ours)).toEqual(spansIn('application/x-protobuf', theirs))
    }),
    { numRuns: 200 },
  )
})
