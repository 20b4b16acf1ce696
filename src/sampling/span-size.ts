// In: a span. Out: about how many bytes it has as OTLP/JSON, before compression.
// Must stay true: an estimate in constant memory, without encoding anything; within a third of the truth for spans of
// ordinary size (a test compares).
import type { Attributes, AttributeValue, SpanRecord } from '../flush/model.ts'

/** Ids, times, kind, flags and field names of a span without attributes. */
const SPAN_BYTES = 200
/** `{"key":"","value":{"stringValue":""}},` */
const ATTRIBUTE_BYTES = 39
/** Time and field names of an event. */
const EVENT_BYTES = 70
/** Ids and field names of a link. */
const LINK_BYTES = 90
/** `{"stringValue":""},` of a list. */
const ITEM_BYTES = 20
/** Values nested deeper are not looked into. */
const DEPTH = 4

/** Estimated bytes of one span as OTLP/JSON. */
export const spanBytes = (span: SpanRecord): number => {
  let bytes = SPAN_BYTES + span.name.length + span.traceState.length + span.statusMessage.length
  bytes += attributeBytes(span.attributes)
  for (const event of span.events) bytes += EVENT_BYTES + event.name.length + attributeBytes(event.attributes)
  for (const link of span.links) bytes += LINK_BYTES + link.traceState.length + attributeBytes(link.attributes)
  return bytes
}

const attributeBytes = (attributes: Attributes): number => {
  let bytes = 0
  for (const key in attributes) bytes += ATTRIBUTE_BYTES + key.length + valueBytes(attributes[key], DEPTH)
  return bytes
}

const valueBytes = (value: AttributeValue, depth: number): number => {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null || depth === 0) return 8
  if (value instanceof Uint8Array) return Math.ceil(value.length / 3) * 4
  let bytes = 0
  for (const item of Object.values(value)) bytes += ITEM_BYTES + valueBytes(item, depth - 1)
  return bytes
}
