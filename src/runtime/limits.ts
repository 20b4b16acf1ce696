// In: the limits of the OpenTelemetry specification ("Span Limits"), and a record that has ended.
// Out: the record within the limits, with the counts of what was left out.
// Must stay true: a cut string is still valid Unicode; what is left out is counted; the caller's values are not changed.
import type { Attributes, AttributeValue } from '../flush/model.ts'
import type { OpenRecord } from './record.ts'

/** Span limits (OpenTelemetry specification, trace SDK, "Span Limits"); the names are the specification's. */
export interface Limits {
  /** Attributes a span. Default 128. */
  readonly attributeCountLimit: number
  /** UTF-16 code units a string, bytes a byte array. Default: no limit. */
  readonly attributeValueLengthLimit: number
  /** Events a span. Default 128. */
  readonly eventCountLimit: number
  /** Links a span. Default 128. */
  readonly linkCountLimit: number
  /** Attributes an event. Default 128. */
  readonly attributePerEventCountLimit: number
  /** Attributes a link. Default 128. */
  readonly attributePerLinkCountLimit: number
  /** Spans an invocation. Default 1,000: at the 500 bytes a buffered span may keep, half a megabyte of a Worker's 128. */
  readonly spanCountLimit: number
  /** Log records an invocation keeps for OTLP. Default 1,000. */
  readonly logCountLimit: number
}

export const DEFAULT_LIMITS: Limits = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
  spanCountLimit: 1000,
  logCountLimit: 1000,
}

/** Nested arrays and maps below this depth are replaced by null (specification, "AttributeValueDepthLimit"). */
const DEPTH_LIMIT = 64

/** Brings a record within the limits. The first keys and links stay: what came with the start of the span. */
export function limit(record: OpenRecord, limits: Limits): void {
  const length = limits.attributeValueLengthLimit
  limitAttributes(record, limits.attributeCountLimit, length)
  for (const event of record.events) limitAttributes(event, limits.attributePerEventCountLimit, length)
  if (record.links.length > limits.linkCountLimit) {
    record.droppedLinks += record.links.length - limits.linkCountLimit
    record.links = record.links.slice(0, limits.linkCountLimit)
  }
  for (const link of record.links) limitAttributes(link, limits.attributePerLinkCountLimit, length)
}

function limitAttributes(
  holder: { attributes: Attributes; droppedAttributes: number },
  count: number,
  length: number,
): void {
  const { attributes } = holder
  let keys = 0
  for (const _ in attributes) keys++
  if (keys <= count && length === Infinity) return
  holder.droppedAttributes += Math.max(0, keys - count)
  holder.attributes = limitMap(attributes, count, length, 0)
}

function limitMap(map: Attributes, count: number, length: number, depth: number): Attributes {
  const entries = Object.entries(map).slice(0, count)
  return Object.fromEntries(entries.map(([key, value]) => [key, limitValue(value, length, depth)]))
}

function limitValue(value: AttributeValue, length: number, depth: number): AttributeValue {
  if (typeof value === 'string') return cut(value, length)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return value.subarray(0, length)
  if (depth >= DEPTH_LIMIT) return null
  return Array.isArray(value)
    ? value.map((item) => limitValue(item, length, depth + 1))
    : limitMap(value as Attributes, Infinity, length, depth + 1)
}

/** The first `length` code units, one fewer where that would split a surrogate pair. */
export function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1)
  return text.slice(0, text.length > length && last >= 0xd800 && last < 0xdc00 ? length - 1 : length)
}
