// In: root spans, and the bounds of buckets. Out: what they count together, as delta histograms of the conventions.
// Must stay true: plain data with a bound; names hold no path, values no secret; no bucket's exemplar is of a trace that
// was not kept.
import type { Exemplar, Histogram, HistogramPoint, MetricAttributes } from '../flush/metrics-model.ts'
import { SpanKind, type SpanRecord } from '../flush/model.ts'
import { redactUrl } from './redact.ts'

/** Sets of attributes at once; beyond, all count as one (metrics SDK, "Cardinality limits", default 2000 for all). */
export const MAX_SERIES = 2000
const OVERFLOW = { 'otel.metric.overflow': true }

interface Kind {
  readonly name: string
  readonly description: string
  readonly keys: readonly string[]
}

/** The conventions' histograms, and which of a root span's attributes they are told apart by. */
const HTTP: Kind = {
  name: 'http.server.request.duration',
  description: 'Duration of HTTP server requests.',
  keys: ['http.request.method', 'http.route', 'http.response.status_code', 'url.scheme', 'error.type'],
}
const MESSAGING: Kind = {
  name: 'messaging.process.duration',
  description: 'Duration of processing operation.',
  keys: ['messaging.system', 'messaging.operation.name', 'messaging.destination.name', 'error.type'],
}
const FAAS: Kind = {
  name: 'faas.invoke_duration',
  description: "Measures the duration of the function's logic execution.",
  keys: ['faas.trigger', 'error.type'],
}

/** What one set of attributes has counted. */
interface One {
  readonly kind: Kind
  readonly attributes: MetricAttributes
  count: number
  sum: number
  min: number
  max: number
  readonly buckets: number[]
  /** The last kept trace in each bucket. */
  readonly exemplars: Map<number, Exemplar>
}

export interface Series {
  /** Invocations counted. */
  count(): number
  record(root: SpanRecord, isKept: boolean): void
  /** Counts what `others` has counted as well. */
  addAll(others: Series): void
  all(): Iterable<One>
  /** What has been counted between two times, epoch milliseconds. */
  histograms(startMs: number, timeMs: number): Histogram[]
}

/** `bounds`: upper ones in seconds, increasing. */
export function series(bounds: readonly number[]): Series {
  const byKey = new Map<string, One>()
  let count = 0

  function find(kind: Kind, attributes: MetricAttributes): One {
    const key = JSON.stringify([kind.name, attributes])
    let found = byKey.get(key)
    if (!found && byKey.size >= MAX_SERIES && attributes !== OVERFLOW) return find(kind, OVERFLOW)
    if (!found) {
      const buckets = new Array<number>(bounds.length + 1).fill(0)
      found = { kind, attributes, count: 0, sum: 0, min: Infinity, max: -Infinity, buckets, exemplars: new Map() }
      byKey.set(key, found)
    }
    return found
  }

  return {
    count: () => count,
    record(root, isKept) {
      const kind = kindOf(root)
      const value = (root.endMs - root.startMs) / 1000
      const bucket = bounds.findIndex((bound) => value <= bound)
      const at = bucket < 0 ? bounds.length : bucket
      const into = find(kind, attributesOf(root, kind))
      count++
      into.count++
      into.sum += value
      into.min = Math.min(into.min, value)
      into.max = Math.max(into.max, value)
      into.buckets[at]!++
      const { traceId, spanId, endMs } = root
      if (isKept) into.exemplars.set(at, { timeMs: endMs, value, traceId, spanId })
    },
    all: () => byKey.values(),
    addAll(others) {
      count += others.count()
      for (const one of others.all()) {
        const into = find(one.kind, one.attributes)
        into.count += one.count
        into.sum += one.sum
        into.min = Math.min(into.min, one.min)
        into.max = Math.max(into.max, one.max)
        for (const [at, number] of one.buckets.entries()) into.buckets[at]! += number
        // Those that are there already are newer.
        for (const [at, exemplar] of one.exemplars) if (!into.exemplars.has(at)) into.exemplars.set(at, exemplar)
      }
    },
    histograms(startMs, timeMs) {
      const points = new Map<Kind, HistogramPoint[]>()
      for (const { kind, exemplars, ...counted } of byKey.values()) {
        const point = { ...counted, startMs, timeMs, exemplars: [...exemplars.values()] }
        points.set(kind, [...(points.get(kind) ?? []), point])
      }
      return [...points].map(([{ name, description }, points]) => ({ name, description, unit: 's', bounds, points }))
    },
  }
}

function kindOf({ kind, attributes }: SpanRecord): Kind {
  if (attributes['http.request.method'] !== undefined && kind === SpanKind.SERVER) return HTTP
  return attributes['messaging.system'] !== undefined && kind === SpanKind.CONSUMER ? MESSAGING : FAAS
}

function attributesOf({ attributes }: SpanRecord, { keys }: Kind): MetricAttributes {
  const found: Record<string, string | number | boolean> = {}
  for (const key of keys) {
    const value = attributes[key]
    // Of a trace that is not kept nobody else takes the secrets out.
    if (typeof value === 'string') found[key] = redactUrl(value)
    else if (typeof value === 'number') found[key] = value
  }
  return found
}
