// In: a stored trace. Out: the same trace as OTLP/JSON, as its senders might have sent it.
// Must stay true: ids in hex, 64-bit integers as strings, kinds and codes as numbers (OTLP 1.11, JSON encoding); a trace
// exported and sent again merges with itself.

import type { Value, ValueMap } from '../model.ts'
import { KINDS, type LogView, type ScopeView, type SpanView, STATUSES, type TraceView } from '../model.ts'

const isMap = (value: Value): value is ValueMap => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value → OTLP AnyValue. A whole number counts as an integer: that is how JSON senders write it. */
export const anyValueOf = (value: Value): unknown => {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValueOf) } }
  if (!isMap(value)) return {}
  if (typeof value['$int'] === 'string') return { intValue: value['$int'] }
  if (typeof value['$double'] === 'string') return { doubleValue: value['$double'] }
  if (typeof value['$bytes'] === 'string') return { bytesValue: value['$bytes'] }
  return { kvlistValue: { values: keyValuesOf(value) } }
}

export const keyValuesOf = (map: ValueMap): unknown[] =>
  Object.entries(map).map(([key, value]) => ({ key, value: anyValueOf(value) }))

const addNanos = (start: string, nanos: number): string => String(BigInt(start) + BigInt(Math.round(nanos)))

const otlpSpan = (traceId: string, span: SpanView): unknown => ({
  traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  traceState: span.traceState,
  flags: span.flags,
  name: span.name,
  kind: KINDS.indexOf(span.kind),
  startTimeUnixNano: span.startNano,
  endTimeUnixNano: span.unfinished && span.duration === 0 ? '0' : addNanos(span.startNano, span.duration),
  attributes: keyValuesOf(span.attributes),
  droppedAttributesCount: span.droppedAttributes,
  events: span.events.map((event) => ({
    timeUnixNano: event.nano,
    name: event.name,
    attributes: keyValuesOf(event.attributes),
    droppedAttributesCount: event.dropped,
  })),
  droppedEventsCount: span.droppedEvents,
  links: span.links.map((link) => ({
    traceId: link.traceId,
    spanId: link.spanId,
    traceState: link.traceState,
    attributes: keyValuesOf(link.attributes),
    droppedAttributesCount: link.dropped,
    flags: link.flags,
  })),
  droppedLinksCount: span.droppedLinks,
  status: { code: STATUSES.indexOf(span.status), message: span.statusMessage },
})

const otlpLog = (log: LogView): unknown => ({
  timeUnixNano: log.nano,
  severityNumber: log.severity,
  severityText: log.severityText,
  eventName: log.eventName,
  body: anyValueOf(log.body),
  attributes: keyValuesOf(log.attributes),
  traceId: log.traceId,
  spanId: log.spanId,
})

const otlpScope = (scope: ScopeView): unknown => ({
  name: scope.name,
  version: scope.version,
  attributes: keyValuesOf(scope.attributes),
})

/** The body of an ExportTraceServiceRequest with everything known of one trace. */
export const otlpTrace = (trace: TraceView): { resourceSpans: unknown[]; resourceLogs?: unknown[] } => {
  const resourceSpans = trace.resources.map((resource, r) => ({
    resource: { attributes: keyValuesOf(resource) },
    scopeSpans: trace.scopes
      .map((scope, s) => ({
        scope: otlpScope(scope),
        spans: trace.spans
          .filter((span) => span.resource === r && span.scope === s)
          .map((span) => otlpSpan(trace.traceId, span)),
      }))
      .filter((group) => group.spans.length > 0),
  }))
  if (trace.logs.length === 0) return { resourceSpans }
  const resourceLogs = trace.logs.map((log) => ({
    resource: { attributes: keyValuesOf(log.resource) },
    scopeLogs: [{ logRecords: [otlpLog(log)] }],
  }))
  return { resourceSpans, resourceLogs }
}
