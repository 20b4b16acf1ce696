// In: the limits of the OpenTelemetry specification ("Span Limits") and attributes of any size.
// Out: attributes within the limits, and how many were left out.
// Must stay true: a cut string is still valid Unicode; what is left out is counted; the caller's objects are not changed.
import type { Attributes, AttributeValue } from '../flush/model.ts'

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
}

export const DEFAULT_LIMITS: Limits = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
  spanCountLimit: 1000,
}

/** Nested arrays and maps below this depth are replaced by null (specification, "AttributeValueDepthLimit"). */
const DEPTH_LIMIT = 64

/** `attributes` within the limits: the same object when it already is. `dropped` is how many keys did not fit. */
export function limitAttributes(
  attributes: Attributes,
  count: number,
  length: number,
): { readonly attributes: Attributes; readonly dropped: number } {
  let keys = 0
  for (const _ in attributes) keys++
  if (keys <= count && length === Infinity) return { attributes, dropped: 0 }
  const kept: Record<string, AttributeValue> = {}
  for (const key of Object.keys(attributes).slice(0, count)) define(kept, key, limitValue(attributes[key], length, 0))
  return { attributes: kept, dropped: Math.max(0, keys - count) }
}

/** Sets an own property whatever the key is called: `__proto__` is a key like any other. */
export function define(target: Record<string, AttributeValue>, key: string, value: AttributeValue): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

function limitValue(value: AttributeValue, length: number, depth: number): AttributeValue {
  if (typeof value === 'string') return cut(value, length)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return value.length > length ? value.subarray(0, length) : value
  if (depth === DEPTH_LIMIT) return null
  if (isArray(value)) return value.map((item) => limitValue(item, length, depth + 1))
  const map: Record<string, AttributeValue> = {}
  for (const key of Object.keys(value)) define(map, key, limitValue(value[key], length, depth + 1))
  return map
}

/** The first `length` code units, one fewer where that would split a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length)
}

function isArray(value: unknown): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
