// In: a trace. Out: its waterfall as text, drawn by the library's own renderer.
import type { AttributeValue, SpanRecord } from '../../src/flush/model.ts'
import { waterfall } from '../../src/flush/waterfall.ts'
import type { SpanView, TraceView, Value } from './model.ts'
import { STATUSES } from './model.ts'

const RECORD_KIND = { unspecified: 0, internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const

const millis = (nano: string): number => Number(nano.slice(0, -6)) + Number(nano.slice(-6)) / 1e6

const attributesOf = (map: { readonly [key: string]: Value }): { readonly [key: string]: AttributeValue } =>
  map as { readonly [key: string]: AttributeValue }

const recordOf = (traceId: string, startMs: number, span: SpanView): SpanRecord => {
  const start = startMs + span.offset / 1e6
  return {
    traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    parentIsRemote: (span.flags & 0x200) !== 0,
    traceFlags: span.flags & 0xff,
    traceState: span.traceState,
    name: span.name,
    kind: RECORD_KIND[span.kind],
    startMs: start,
    endMs: span.unfinished ? 0 : start + span.duration / 1e6,
    attributes: attributesOf(span.attributes),
    droppedAttributes: span.droppedAttributes,
    events: span.events.map((event) => ({
      name: event.name,
      timeMs: millis(event.nano),
      attributes: attributesOf(event.attributes),
      droppedAttributes: event.dropped,
    })),
    droppedEvents: span.droppedEvents,
    links: [],
    droppedLinks: span.droppedLinks,
    statusCode: STATUSES.indexOf(span.status) as 0 | 1 | 2,
    statusMessage: span.statusMessage,
  }
}

/** The text waterfall of a trace across its services; `columns` defaults to 100. */
export const textWaterfall = (trace: TraceView, columns = 100): string => {
  const startMs = millis(trace.startNano)
  const services = new Map<SpanRecord, string>()
  for (const span of trace.spans) services.set(recordOf(trace.traceId, startMs, span), span.service)
  return waterfall([...services.keys()], { columns, service: (span) => services.get(span) })
}
