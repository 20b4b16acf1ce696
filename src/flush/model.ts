// In: nothing. Out: the plain data that leaves an invocation, in the shape of OTLP 1.11 but not yet in its bytes.
// Must stay true: everything is readable data without methods; times are epoch milliseconds, fractions allowed.

/** OTLP AnyValue: what an attribute may hold (OpenTelemetry specification, common, "Attribute"). */
export type AttributeValue =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }

/** Attributes by key. A key with the value `undefined` counts as absent. */
export type Attributes = { readonly [key: string]: AttributeValue }

/**
 * The numbers of the OpenTelemetry API, so that its constants may be passed to ours. OTLP keeps 0 for "unspecified":
 * **an encoder writes `kind + 1`** (OTLP 1.11, `Span.SpanKind`).
 */
export const SpanKind = { INTERNAL: 0, SERVER: 1, CLIENT: 2, PRODUCER: 3, CONSUMER: 4 } as const
export type SpanKind = (typeof SpanKind)[keyof typeof SpanKind]

/** OTLP `StatusCode`, the same numbers as in the OpenTelemetry API. */
export const StatusCode = { UNSET: 0, OK: 1, ERROR: 2 } as const
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode]

export interface EventRecord {
  readonly name: string
  readonly timeMs: number
  readonly attributes: Attributes
  readonly droppedAttributes: number
}

export interface LinkRecord {
  readonly traceId: string
  readonly spanId: string
  /** W3C trace flags of the link's target. */
  readonly traceFlags: number
  /** Serialised `tracestate`; empty when there is none. */
  readonly traceState: string
  readonly isRemote: boolean
  readonly attributes: Attributes
  readonly droppedAttributes: number
}

/** One span as plain data; finished unless `endMs` is 0. */
export interface SpanRecord {
  readonly traceId: string
  readonly spanId: string
  /** Empty for the root of a trace. */
  readonly parentSpanId: string
  readonly parentIsRemote: boolean
  /** W3C trace flags of this span: what it told the services it called. */
  readonly traceFlags: number
  /** Serialised `tracestate`; empty when there is none. */
  readonly traceState: string
  readonly name: string
  readonly kind: SpanKind
  /** Epoch milliseconds. */
  readonly startMs: number
  /** Epoch milliseconds, never before `startMs`; 0 while the span is open. */
  readonly endMs: number
  readonly attributes: Attributes
  readonly droppedAttributes: number
  readonly events: readonly EventRecord[]
  readonly droppedEvents: number
  readonly links: readonly LinkRecord[]
  readonly droppedLinks: number
  readonly statusCode: StatusCode
  /** Empty unless `statusCode` is `ERROR`. */
  readonly statusMessage: string
}

/** OTLP log record (specification, logs data model). */
export interface LogRecord {
  readonly timeMs: number
  /** 1–24 (specification, logs data model, "Severity"). */
  readonly severityNumber: number
  readonly severityText: string
  readonly body: AttributeValue
  readonly attributes: Attributes
  readonly droppedAttributes: number
  /** Empty strings outside a span. */
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly eventName: string
}

/** Who sends: service and host (OpenTelemetry specification, "Resource"). */
export interface Resource {
  readonly attributes: Attributes
  readonly schemaUrl: string
}

export interface InstrumentationScope {
  readonly name: string
  readonly version: string
  /** Of the semantic conventions its spans follow. Absent: none is claimed. */
  readonly schemaUrl?: string
}

/** Why a span did not leave. */
export type DropReason =
  | 'buffer_full'
  | 'sampled_out'
  | 'over_budget'
  | 'encoding'
  | 'refused'
  | 'rejected'
  | 'timeout'
  | 'network'
  | 'breaker'
  | 'late'
  /** Log records, not spans: too many for one invocation, too late, or in an export that failed. */
  | 'logs'
  /** Invocations that were counted, not spans: in an export of metrics that the receiver did not take. */
  | 'metrics'

/** Spans lost, by reason; only reasons that occurred are present. */
export type DropCounts = { readonly [reason in DropReason]?: number }

/** What one invocation hands to its exporter. Resource and scope are the same objects for a tracer's whole life. */
export interface Batch {
  readonly resource: Resource
  readonly scope: InstrumentationScope
  readonly spans: readonly SpanRecord[]
  readonly logs: readonly LogRecord[]
  /** Losses that no receiver has acknowledged yet, to be sent along as telemetry about ourselves. */
  readonly dropped: DropCounts
}
