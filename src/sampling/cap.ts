// In: the spans of one kept trace. Out: as many of them as a budget of spans and bytes allows.
// Must stay true: pure; the root always stays; no kept span loses its parent; errors and the way to them come first,
// then what started first. What is left out is counted.
import { type SpanRecord, StatusCode } from '../flush/model.ts'
import { checked } from './check.ts'
import { spanBytes } from './span-size.ts'
import type { TraceBudget } from './trace-budget.ts'

export interface CapOptions {
  /** Spans a trace. Default no limit (the buffer has its own). */
  readonly maxSpans?: number
  /** Bytes a trace as OTLP/JSON before compression, by estimate. Default no limit. */
  readonly maxBytes?: number
}

/** Cuts a trace to a budget of spans and bytes. */
export const cap = (options: CapOptions): TraceBudget => {
  const maxSpans = checked('cap: maxSpans', options.maxSpans ?? Number.MAX_SAFE_INTEGER, 1)
  const maxBytes = checked('cap: maxBytes', options.maxBytes ?? Number.MAX_SAFE_INTEGER, 1)
  return (spans) => {
    const root = spans[0]
    if (!root || (spans.length <= maxSpans && maxBytes === Number.MAX_SAFE_INTEGER))
      return { spans, collapsed: 0, dropped: 0 }

    const byId = new Map(spans.map((span) => [span.spanId, span]))
    const kept = new Set<SpanRecord>([root])
    let bytes = spanBytes(root)
    /** Keeps the span and the ancestors it needs, all or none. */
    const keep = (span: SpanRecord): void => {
      const path = new Set<SpanRecord>()
      let cost = 0
      for (
        let at: SpanRecord | undefined = span;
        at && !kept.has(at) && !path.has(at);
        at = byId.get(at.parentSpanId)
      ) {
        path.add(at)
        cost += spanBytes(at)
        if (kept.size + path.size > maxSpans || bytes + cost > maxBytes) return
      }
      for (const each of path) kept.add(each)
      bytes += cost
    }
    for (const span of spans) if (span.statusCode === StatusCode.ERROR) keep(span)
    for (const span of spans) if (!kept.has(span)) keep(span)
    const left = kept.size === spans.length ? spans : spans.filter((span) => kept.has(span))
    return { spans: left, collapsed: 0, dropped: spans.length - left.length }
  }
}
