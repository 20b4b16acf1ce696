// In: a body of OTLP/JSON. Out: the spans and log records in it, in the shape that clew has them.
// Must stay true: reads what any sender of OTLP/JSON may write, numbers as text or not; what is no OTLP throws.
import type { Attributes, AttributeValue, LogRecord, SpanKind, SpanRecord, StatusCode } from '../../flush/model.ts'

type Json = { readonly [key: string]: unknown }

export function decodeSpans(body: string): SpanRecord[] {
  return records(body, 'resourceSpans', 'scopeSpans', 'spans').map((span) => ({
    ...identity(span),
    parentSpanId: String(span['parentSpanId'] ?? ''),
    parentIsRemote: (Number(span['flags'] ?? 0) & 0x200) !== 0,
    traceState: String(span['traceState'] ?? ''),
    name: String(span['name'] ?? ''),
    kind: Math.max(0, Number(span['kind'] ?? 0) - 1) as SpanKind,
    startMs: ms(span['startTimeUnixNano']),
    endMs: ms(span['endTimeUnixNano']),
    ...held(span),
    events: list(span['events']).map((event) => ({
      name: String(event['name'] ?? ''),
      timeMs: ms(event['timeUnixNano']),
      ...held(event),
    })),
    droppedEvents: Number(span['droppedEventsCount'] ?? 0),
    links: list(span['links']).map((link) => ({
      ...identity(link),
      traceState: String(link['traceState'] ?? ''),
      isRemote: (Number(link['flags'] ?? 0) & 0x200) !== 0,
      ...held(link),
    })),
    droppedLinks: Number(span['droppedLinksCount'] ?? 0),
    statusCode: Number((span['status'] as Json | undefined)?.['code'] ?? 0) as StatusCode,
    statusMessage: String((span['status'] as Json | undefined)?.['message'] ?? ''),
  }))
}

export function decodeLogs(body: string): LogRecord[] {
  return records(body, 'resourceLogs', 'scopeLogs', 'logRecords').map((log) => ({
    ...identity(log),
    timeMs: ms(log['timeUnixNano']),
    severityNumber: Number(log['severityNumber'] ?? 0),
    severityText: String(log['severityText'] ?? ''),
    body: decoded(log['body'] as Json | undefined),
    ...held(log),
    eventName: String(log['eventName'] ?? ''),
  }))
}

function records(body: string, resources: string, scopes: string, items: string): Json[] {
  const request = JSON.parse(body) as Json
  if (!Array.isArray(request[resources])) throw new TypeError(`no OTLP/JSON request: ${resources} is missing`)
  return list(request[resources]).flatMap((resource) => list(resource[scopes]).flatMap((scope) => list(scope[items])))
}

const list = (value: unknown): Json[] => (value as Json[] | undefined) ?? []

const identity = (of: Json): { traceId: string; spanId: string; traceFlags: number } => ({
  traceId: String(of['traceId'] ?? '').toLowerCase(),
  spanId: String(of['spanId'] ?? '').toLowerCase(),
  traceFlags: Number(of['flags'] ?? 0) & 255,
})

const held = (of: Json): { attributes: Attributes; droppedAttributes: number } => ({
  attributes: attributesOf(of['attributes']),
  droppedAttributes: Number(of['droppedAttributesCount'] ?? 0),
})

const attributesOf = (entries: unknown): Attributes =>
  Object.fromEntries(list(entries).map((entry) => [String(entry['key']), decoded(entry['value'] as Json | undefined)]))

/** Epoch milliseconds; what a double cannot hold of the nanoseconds is lost. */
const ms = (nanos: unknown): number => {
  const whole = BigInt(String(nanos ?? 0))
  return Number(whole / 1_000_000n) + Number(whole % 1_000_000n) / 1e6
}

function decoded(value: Json = {}): AttributeValue {
  if (value['intValue'] !== undefined) return Number(value['intValue'])
  if (value['doubleValue'] !== undefined) return Number(value['doubleValue'])
  if (value['arrayValue'] !== undefined) return list((value['arrayValue'] as Json)['values']).map(decoded)
  if (value['kvlistValue'] !== undefined) return attributesOf((value['kvlistValue'] as Json)['values'])
  if (value['bytesValue'] !== undefined)
    return Uint8Array.from(atob(String(value['bytesValue'])), (char) => char.charCodeAt(0))
  return (value['stringValue'] ?? value['boolValue'] ?? null) as AttributeValue
}
