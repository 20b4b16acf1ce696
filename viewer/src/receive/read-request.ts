// In: a decoded Export{Trace,Logs}ServiceRequest, from JSON or protobuf, untrusted. Out: an Arrival.
// Must stay true: one bad span never costs its neighbours; every refusal is counted with a reason that names the fault
// (OTLP 1.11, "Partial Success"); an unknown field is ignored, as the protocol demands.
import type { Arrival, ArrivedEvent, ArrivedLink, ArrivedLog, ArrivedSpan, Group } from './arrival.ts'
import { nanoText } from './arrival.ts'
import { MAX_ITEMS_PER_SPAN, MAX_REASONS } from './limits.ts'
import { anyValue, count, id, instant, isObject, keyValues, list, text } from './read-value.ts'

/** The body is no OTLP message at all: answered with 400. */
export class MalformedRequest extends Error {}

type Reader<Item> = (value: unknown) => Item | string

const fieldOf = (value: unknown, field: string): unknown => (isObject(value) ? value[field] : undefined)

const serviceOf = (resource: Record<string, unknown>): string => {
  const name = resource['service.name']
  return typeof name === 'string' && name !== '' ? name : 'unknown_service'
}

const readAll = <Item>(
  body: unknown,
  [outer, middle, inner]: readonly [string, string, string],
  read: Reader<Item>,
): Arrival<Item> => {
  if (!isObject(body) || Array.isArray(body)) throw new MalformedRequest('the body is not a message')
  if (body[outer] !== undefined && !Array.isArray(body[outer])) throw new MalformedRequest(`${outer} is not a list`)
  const groups: Group<Item>[] = []
  const reasons = new Set<string>()
  let accepted = 0
  let rejected = 0
  for (const entry of list(body[outer])) {
    const resource = keyValues(fieldOf(fieldOf(entry, 'resource'), 'attributes')).map
    for (const scoped of list(fieldOf(entry, middle))) {
      const scope = fieldOf(scoped, 'scope')
      const items: Item[] = []
      for (const raw of list(fieldOf(scoped, inner))) {
        const item = read(raw)
        if (typeof item !== 'string') items.push(item)
        else {
          rejected++
          if (reasons.size < MAX_REASONS) reasons.add(item)
        }
      }
      accepted += items.length
      if (items.length > 0) {
        groups.push({
          service: serviceOf(resource),
          resource,
          scope: {
            name: text(fieldOf(scope, 'name')),
            version: text(fieldOf(scope, 'version')),
            attributes: keyValues(fieldOf(scope, 'attributes')).map,
          },
          items,
        })
      }
    }
  }
  return { groups, accepted, rejected, reasons: [...reasons] }
}

const readEvent = (value: unknown): ArrivedEvent => {
  const attributes = keyValues(fieldOf(value, 'attributes'))
  return {
    name: text(fieldOf(value, 'name')),
    nano: nanoText(instant(fieldOf(value, 'timeUnixNano')) ?? { micros: 0, rest: 0 }),
    attributes: attributes.map,
    dropped: attributes.dropped + count(fieldOf(value, 'droppedAttributesCount')),
  }
}

const readLink = (value: unknown): ArrivedLink | undefined => {
  const traceId = id(fieldOf(value, 'traceId'), 16)
  const spanId = id(fieldOf(value, 'spanId'), 8)
  if (!traceId || !spanId) return undefined
  const attributes = keyValues(fieldOf(value, 'attributes'))
  return {
    traceId,
    spanId,
    traceState: text(fieldOf(value, 'traceState')),
    attributes: attributes.map,
    dropped: attributes.dropped + count(fieldOf(value, 'droppedAttributesCount')),
    flags: count(fieldOf(value, 'flags')),
  }
}

const readSpan = (value: unknown): ArrivedSpan | string => {
  if (!isObject(value)) return 'a span is not a message'
  const traceId = id(value['traceId'], 16)
  const spanId = id(value['spanId'], 8)
  if (!traceId) return 'traceId is not 16 bytes, in JSON 32 hexadecimal digits, or is zero'
  if (!spanId) return 'spanId is not 8 bytes, in JSON 16 hexadecimal digits, or is zero'
  // An all-zero parent is how some senders write "none".
  const parentSpanId = id(value['parentSpanId'], 8) ?? (/^0+$/.test(String(value['parentSpanId'])) ? '' : undefined)
  if (parentSpanId === undefined && !isZeroBytes(value['parentSpanId'])) return 'parentSpanId is not 8 bytes'
  const start = instant(value['startTimeUnixNano'])
  const end = instant(value['endTimeUnixNano'])
  if (start === undefined || start.micros === 0) return 'startTimeUnixNano is missing or no time before the year 2249'
  if (end === undefined) return 'endTimeUnixNano is no time before the year 2249'
  const open = end.micros === 0 && end.rest === 0
  const duration = open ? 0 : (end.micros - start.micros) * 1000 + end.rest - start.rest
  if (duration < 0) return 'endTimeUnixNano is before startTimeUnixNano'
  if (!Number.isSafeInteger(duration)) return 'the duration exceeds 104 days'
  const attributes = keyValues(value['attributes'])
  const events = list(value['events'])
  const links = list(value['links'])
  const status = value['status']
  const code = count(fieldOf(status, 'code'))
  const kind = count(value['kind'])
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId ?? '',
    name: text(value['name']),
    kind: kind <= 5 ? kind : 0,
    start,
    duration,
    unfinished: open || attributes.map['clew.unfinished'] === true,
    status: code <= 2 ? code : 0,
    statusMessage: text(fieldOf(status, 'message')),
    traceState: text(value['traceState']),
    flags: count(value['flags']),
    attributes: attributes.map,
    events: events.slice(0, MAX_ITEMS_PER_SPAN).map(readEvent),
    links: links
      .slice(0, MAX_ITEMS_PER_SPAN)
      .map(readLink)
      .filter((link) => link !== undefined),
    droppedAttributes: attributes.dropped + count(value['droppedAttributesCount']),
    droppedEvents: Math.max(0, events.length - MAX_ITEMS_PER_SPAN) + count(value['droppedEventsCount']),
    droppedLinks: Math.max(0, links.length - MAX_ITEMS_PER_SPAN) + count(value['droppedLinksCount']),
  }
}

const isZeroBytes = (value: unknown): boolean => Buffer.isBuffer(value) && value.every((byte) => byte === 0)

const readLog = (value: unknown): ArrivedLog | string => {
  if (!isObject(value)) return 'a log record is not a message'
  const traceId = id(value['traceId'], 16) ?? ''
  const spanId = id(value['spanId'], 8) ?? ''
  const time = instant(value['timeUnixNano'])
  const observed = instant(value['observedTimeUnixNano'])
  if (time === undefined || observed === undefined) return 'timeUnixNano is no time before the year 2249'
  const severity = count(value['severityNumber'])
  return {
    traceId,
    spanId: traceId === '' ? '' : spanId,
    // Logs data model, "Field: Timestamp": a missing time is replaced by the observed one.
    time: time.micros > 0 ? time : observed.micros > 0 ? observed : { micros: Date.now() * 1000, rest: 0 },
    severity: severity <= 24 ? severity : 0,
    severityText: text(value['severityText']),
    eventName: text(value['eventName']),
    body: anyValue(value['body']),
    attributes: keyValues(value['attributes']).map,
  }
}

export const readTraces = (body: unknown): Arrival<ArrivedSpan> =>
  readAll(body, ['resourceSpans', 'scopeSpans', 'spans'], readSpan)

export const readLogs = (body: unknown): Arrival<ArrivedLog> =>
  readAll(body, ['resourceLogs', 'scopeLogs', 'logRecords'], readLog)
