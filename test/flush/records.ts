// In: what a test cares about. Out: records and batches complete enough to export.
import type { Batch, ExportHost, LogRecord, SpanRecord } from '../../src/flush.ts'

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'

let next = 0
/** A finished server span; span ids count up. */
export const span = (fields: Partial<SpanRecord> = {}): SpanRecord => ({
  traceId: TRACE_ID,
  spanId: (++next).toString(16).padStart(16, '0'),
  parentSpanId: '',
  parentIsRemote: false,
  traceFlags: 1,
  traceState: '',
  name: 'GET /cart',
  kind: 1,
  startMs: 1_760_000_000_000,
  endMs: 1_760_000_000_125,
  attributes: {},
  droppedAttributes: 0,
  events: [],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
  statusCode: 0,
  statusMessage: '',
  ...fields,
})

export const log = (fields: Partial<LogRecord> = {}): LogRecord => ({
  timeMs: 1_760_000_000_100,
  severityNumber: 9,
  severityText: 'INFO',
  body: 'charged',
  attributes: {},
  droppedAttributes: 0,
  traceId: TRACE_ID,
  spanId: '00f067aa0ba902b7',
  traceFlags: 1,
  eventName: '',
  ...fields,
})

export const batch = (fields: Partial<Batch> = {}): Batch => ({
  resource: { attributes: { 'service.name': 'checkout' }, schemaUrl: '' },
  scope: { name: 'clew', version: '0.1.0' },
  spans: [],
  logs: [],
  dropped: {},
  ...fields,
})

export const spans = (count: number): SpanRecord[] => Array.from({ length: count }, () => span())

/** The real fetch, clock and randomness, and a budget. */
export const host = (fields: Partial<ExportHost> = {}): ExportHost => ({
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  random: () => 0.5,
  budgetMs: 5000,
  ...fields,
})
