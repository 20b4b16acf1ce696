// In: nothing. Out: what one accepted OTLP request contained, validated, in the shape in which the store keeps it.
// Must stay true: whatever is here may be stored as it is; JSON texts were written by `valueText` alone.

/** A point in time, exact to the nanosecond without bigint: microseconds since 1970 and the nanoseconds left over. */
export interface Instant {
  readonly micros: number
  readonly rest: number
}

export interface ArrivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  readonly start: Instant
  /** Nanoseconds. */
  readonly duration: number
  readonly unfinished: boolean
  readonly status: number
  readonly statusMessage: string
  readonly traceState: string
  readonly flags: number
  /** Plain object; see `Value` in model.ts. Numbers may be raw JSON (`JSON.rawJSON`) to keep their OTLP type. */
  readonly attributes: Record<string, unknown>
  readonly events: readonly ArrivedEvent[]
  readonly links: readonly ArrivedLink[]
  readonly droppedAttributes: number
  readonly droppedEvents: number
  readonly droppedLinks: number
}

export interface ArrivedEvent {
  readonly name: string
  readonly nano: string
  readonly attributes: Record<string, unknown>
  readonly dropped: number
}

export interface ArrivedLink {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly attributes: Record<string, unknown>
  readonly dropped: number
  readonly flags: number
}

export interface ArrivedLog {
  /** Both empty outside a span. */
  readonly traceId: string
  readonly spanId: string
  readonly time: Instant
  readonly severity: number
  readonly severityText: string
  readonly eventName: string
  readonly body: unknown
  readonly attributes: Record<string, unknown>
}

export interface Group<Item> {
  readonly service: string
  readonly resource: Record<string, unknown>
  readonly scope: { name: string; version: string; attributes: Record<string, unknown> }
  readonly items: readonly Item[]
}

export interface Arrival<Item> {
  readonly groups: readonly Group<Item>[]
  readonly accepted: number
  /** Items refused, for the partial success of the answer (OTLP 1.11, "Partial Success"). */
  readonly rejected: number
  readonly reasons: readonly string[]
}

/** Decimal nanoseconds since 1970. */
export const nanoText = (time: Instant): string =>
  time.micros === 0 ? String(time.rest) : `${time.micros}${String(time.rest).padStart(3, '0')}`

/** The text form in which values are kept: exactly what JSON.stringify writes, since searches look for its pieces. */
export const valueText = (value: unknown): string => JSON.stringify(value)
