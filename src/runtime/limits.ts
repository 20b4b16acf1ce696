// In: the limits of the OpenTelemetry specification ("Span Limits"), and a record that has ended.
// Out: the record as it may leave: within the limits, with the counts of what was left out, and without secrets.
// Must stay true: a cut string is still valid Unicode; what is left out is counted; the caller's values are not changed.
import type { OpenRecord, OwnAttributes } from './record.ts'
import { type Redactor, redactUrl } from './redact.ts'

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

/** A finished span as it may leave: without secrets, within the limits. Everything in it is ours. */
export function seal(record: OpenRecord, limits: Limits, redact: Redactor): void {
  record.name = redactUrl(record.name)
  if (record.statusMessage) record.statusMessage = redactUrl(record.statusMessage)
  sealAttributes(record, limits.attributeCountLimit, limits, redact)
  for (const event of record.events as readonly (Sealable & { name: string })[]) {
    event.name = redactUrl(event.name)
    sealAttributes(event, limits.attributePerEventCountLimit, limits, redact)
  }
  for (const link of record.links) sealAttributes(link as Sealable, limits.attributePerLinkCountLimit, limits, redact)
}

function sealAttributes(item: Sealable, countLimit: number, limits: Limits, redact: Redactor): void {
  const { attributes } = item
  let count = 0
  // The first keys stay: what came with the start of the span.
  for (const key in attributes)
    if (++count > countLimit) {
      delete attributes[key]
      item.droppedAttributes++
    }
  // Before a text is cut, so that a secret is still known for one.
  redact(attributes, limits.attributeValueLengthLimit)
}

/** What spans, events and links have in common while they are ours. */
interface Sealable {
  attributes: OwnAttributes
  droppedAttributes: number
}
