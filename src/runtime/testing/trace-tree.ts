// In: spans. Out: the traces they are, as an indented text that a person can write and compare.
// Must stay true: the same spans make the same text, in the order they are given; a span is shown once, whatever its
// parents are.
import type { AttributeValue, SpanRecord } from '../../flush/model.ts'

export interface TraceTreeOptions {
  /** Keys of the attributes to show, in this order. Default none. */
  readonly attributes?: readonly string[]
  /** `[start+duration]` in milliseconds, from the first span on. Default true. */
  readonly times?: boolean
}

/**
 * Name, times, chosen attributes, `(events)` and status, a span a line, children indented by two:
 * `GET /cart [0+12] http.route=/cart (exception) ERROR no such cart`.
 */
export function traceTree(spans: readonly SpanRecord[], options: TraceTreeOptions = {}): string {
  const { attributes: keys = [], times = true } = options
  const firstMs = Math.min(...spans.map((span) => span.startMs))
  const ids = new Set(spans.map((span) => span.spanId))
  const shown = new Set<SpanRecord>()
  const lines: string[] = []
  const visit = (span: SpanRecord, depth: number): void => {
    if (shown.has(span)) return
    shown.add(span)
    const { attributes, events, statusCode, statusMessage, startMs, endMs } = span
    const said = keys.filter((key) => attributes[key] !== undefined).map((key) => ` ${key}=${textOf(attributes[key])}`)
    const time = times ? ` [${startMs - firstMs}+${endMs - startMs}]` : ''
    const happened = events.map((event) => ` (${event.name})`).join('')
    const status = ['', ' OK', ` ERROR ${statusMessage}`.trimEnd()][statusCode]
    lines.push(`${'  '.repeat(depth)}${span.name}${time}${said.join('')}${happened}${status}`)
    for (const child of spans) if (child.parentSpanId === span.spanId) visit(child, depth + 1)
  }
  for (const span of spans) if (!ids.has(span.parentSpanId)) visit(span, 0)
  // Spans that are each other's parents have no root: they are shown all the same.
  for (const span of spans) visit(span, 0)
  return lines.join('\n')
}

const textOf = (value: AttributeValue): string =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
    ? JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? String(each) : each))
    : String(value)
