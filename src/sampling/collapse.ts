// In: the spans of one kept trace. Out: the same, with long runs of like siblings replaced by their slowest.
// Must stay true: pure; the slowest keeps its ids, times, attributes and events, so that logs still find it; a span that
// another span or service may name as its parent is never removed; the order of the rest does not change.
import { SpanKind, type SpanRecord, StatusCode } from '../flush/model.ts'
import { checked } from './check.ts'
import type { TraceBudget } from './trace-budget.ts'

export interface CollapseOptions {
  /** Like siblings from which on they are collapsed, 2 or more. Default 10. */
  readonly atLeast?: number
  /** What makes siblings alike, besides parent, name, kind and status. Default: the query text and the template of a URL. */
  readonly key?: (span: SpanRecord) => string
  /**
   * Whether a span may be one of many. Default: it ended without error, has no links, and did not carry its identity
   * to another service (a producer, an HTTP or RPC client), whose spans would lose their parent.
   */
  readonly collapsible?: (span: SpanRecord) => boolean
}

/** Characters of a key that count: longer queries differ early or not at all. */
const KEY_LENGTH = 512

/**
 * Collapses repeated siblings: 500 equal queries become the slowest of them, with `clew.collapsed.count`, `.min_ms`,
 * `.max_ms`, `.sum_ms` (of their durations) and `.elapsed_ms` (from the first start to the last end) as attributes.
 */
export const collapse = (options: CollapseOptions = {}): TraceBudget => {
  const { key = likeness, collapsible = staysInside } = options
  const atLeast = checked('collapse: atLeast', options.atLeast ?? 10, 2)
  return (spans) => {
    if (spans.length <= atLeast) return { spans, collapsed: 0, dropped: 0 }
    const replaced = new Map<SpanRecord, SpanRecord | undefined>()
    for (const members of groupsOf(spans, key, collapsible)) {
      if (members.length < atLeast) continue
      for (const span of members) replaced.set(span, undefined)
      const slowest = members.reduce((a, b) => (duration(b) > duration(a) ? b : a))
      replaced.set(slowest, standingFor(slowest, members))
    }
    if (replaced.size === 0) return { spans, collapsed: 0, dropped: 0 }
    const kept: SpanRecord[] = []
    for (const span of spans) {
      const standIn = replaced.has(span) ? replaced.get(span) : span
      if (standIn) kept.push(standIn)
    }
    return { spans: kept, collapsed: spans.length - kept.length, dropped: 0 }
  }
}

/** Finished leaves that are alike, by parent. */
const groupsOf = (
  spans: readonly SpanRecord[],
  key: (span: SpanRecord) => string,
  collapsible: (span: SpanRecord) => boolean,
): Iterable<readonly SpanRecord[]> => {
  const parents = new Set<string>()
  for (const { parentSpanId } of spans) parents.add(parentSpanId)
  const groups = new Map<string, SpanRecord[]>()
  for (const span of spans) {
    // Open spans have no duration yet; a root has no siblings.
    if (span.endMs === 0 || !span.parentSpanId || span.parentIsRemote) continue
    if (parents.has(span.spanId) || !collapsible(span)) continue
    const { traceId, parentSpanId, kind, statusCode, name } = span
    const group = JSON.stringify([traceId, parentSpanId, kind, statusCode, name, key(span)])
    const members = groups.get(group)
    if (members) members.push(span)
    else groups.set(group, [span])
  }
  return groups.values()
}

const standingFor = (slowest: SpanRecord, members: readonly SpanRecord[]): SpanRecord => {
  let min = Number.POSITIVE_INFINITY
  let sum = 0
  let start = Number.POSITIVE_INFINITY
  let end = 0
  for (const span of members) {
    min = Math.min(min, duration(span))
    sum += duration(span)
    start = Math.min(start, span.startMs)
    end = Math.max(end, span.endMs)
  }
  return {
    ...slowest,
    attributes: {
      ...slowest.attributes,
      'clew.collapsed.count': members.length,
      'clew.collapsed.min_ms': min,
      'clew.collapsed.max_ms': duration(slowest),
      'clew.collapsed.sum_ms': sum,
      'clew.collapsed.elapsed_ms': end - start,
    },
  }
}

const duration = ({ startMs, endMs }: SpanRecord): number => endMs - startMs

const likeness = ({ attributes }: SpanRecord): string =>
  String(attributes['db.query.text'] ?? attributes['url.template'] ?? '').slice(0, KEY_LENGTH)

const staysInside = ({ kind, statusCode, links, attributes }: SpanRecord): boolean =>
  statusCode !== StatusCode.ERROR &&
  links.length === 0 &&
  kind !== SpanKind.PRODUCER &&
  (kind !== SpanKind.CLIENT ||
    (attributes['http.request.method'] === undefined &&
      attributes['rpc.system.name'] === undefined &&
      attributes['rpc.system'] === undefined))
