// In: nothing. Out: the shapes in which the viewer speaks of traces, on the server, over its JSON API and in the page.
// Must stay true: plain JSON (no bigint, no methods); ids are lower-case hex; absolute times are decimal strings of
// nanoseconds, since a double cannot hold them; lengths and offsets are numbers of nanoseconds.

/**
 * OTLP AnyValue as JSON. What JSON cannot say is tagged with one key: `$bytes` (base64), `$int` (an integer beyond
 * 2^53), `$double` (NaN and the infinities), `$cut` (nested deeper than the viewer keeps).
 */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

export type ValueMap = { readonly [key: string]: Value }

export const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
/** Index = the number of OTLP `Span.SpanKind`. */
export type Kind = (typeof KINDS)[number]

export const STATUSES = ['unset', 'ok', 'error'] as const
/** Index = the number of OTLP `Status.StatusCode`. */
export type Status = (typeof STATUSES)[number]

export interface EventView {
  readonly name: string
  readonly nano: string
  readonly attributes: ValueMap
  readonly dropped: number
}

export interface LinkView {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly attributes: ValueMap
  readonly dropped: number
  readonly flags: number
}

export interface ScopeView {
  readonly name: string
  readonly version: string
  readonly attributes: ValueMap
}

export interface SpanView {
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly traceState: string
  /** OTLP `flags`: W3C trace flags in the low byte, bits 8 and 9 say whether the parent is remote. */
  readonly flags: number
  readonly name: string
  readonly service: string
  readonly kind: Kind
  readonly startNano: string
  /** Nanoseconds since the trace's first start. */
  readonly offset: number
  /** Nanoseconds; 0 while unfinished and unknown. */
  readonly duration: number
  /** The sender said that it never ended, or sent no end. */
  readonly unfinished: boolean
  readonly status: Status
  readonly statusMessage: string
  readonly attributes: ValueMap
  readonly events: readonly EventView[]
  readonly links: readonly LinkView[]
  readonly droppedAttributes: number
  readonly droppedEvents: number
  readonly droppedLinks: number
  /** Index into `TraceView.resources`. */
  readonly resource: number
  /** Index into `TraceView.scopes`. */
  readonly scope: number
}

export interface LogView {
  /** Empty strings outside a span. */
  readonly traceId: string
  readonly spanId: string
  readonly service: string
  readonly nano: string
  /** 1–24, 0 when the sender did not say (OpenTelemetry logs data model, "Severity"). */
  readonly severity: number
  readonly severityText: string
  readonly eventName: string
  readonly body: Value
  readonly attributes: ValueMap
  readonly resource: ValueMap
}

/** One trace, all services, spans by start. */
export interface TraceView {
  readonly traceId: string
  readonly startNano: string
  /** Nanoseconds from the first start to the last end. */
  readonly duration: number
  /** Grows by one with every change. */
  readonly revision: number
  readonly spans: readonly SpanView[]
  readonly logs: readonly LogView[]
  readonly resources: readonly ValueMap[]
  readonly scopes: readonly ScopeView[]
}

/** One line of the trace list. */
export interface TraceSummary {
  readonly traceId: string
  /** Epoch milliseconds, fractions allowed. */
  readonly startMs: number
  readonly duration: number
  readonly spans: number
  readonly errors: number
  /** The root's service and name, or those of the first span seen while the root is missing. */
  readonly service: string
  readonly name: string
  /** The path of the request where the name holds only its route; may be empty. */
  readonly note: string
  readonly rootMissing: boolean
  readonly status: Status
  readonly services: readonly string[]
  readonly revision: number
  /** Spans of this trace that the query meant; absent without a query. */
  readonly matched?: readonly string[]
}
