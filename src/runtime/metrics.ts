// In: the root span of every invocation, and whether its trace was kept. Out: delta histograms, sent along with spans.
// Must stay true: every invocation counts, sampled or not; what an isolate shares is plain data with a bound; nothing
// that was counted is told twice.
import { ClewError } from '../flush/error.ts'
import type { ExportHost } from '../flush/exporter.ts'
import { metricsJson } from '../flush/metrics-json.ts'
import type { Exemplar, Histogram, HistogramPoint, MetricAttributes, MetricsEncoder } from '../flush/metrics-model.ts'
import { type Resource, SpanKind, type SpanRecord } from '../flush/model.ts'
import { type ReceiverOptions, receiver } from '../flush/receiver.ts'
import { parseUrl } from './http.ts'
import { SCOPE } from './version.ts'

export interface MetricsOptions extends Omit<ReceiverOptions, 'tracesUrl' | 'logsUrl'> {
  /** The receiver of metrics, used as it is (`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`). Default: `/v1/metrics` of `url`. */
  readonly metricsUrl?: string
  /** Default `metricsJson()`; `metricsProtobuf()` is the other one. */
  readonly encoder?: MetricsEncoder
  /**
   * Milliseconds between two exports of an isolate, which the next invocation that ends makes. Default 10,000; 0: every
   * invocation. What an isolate counts after its last export is lost with it.
   */
  readonly intervalMs?: number
  /** Upper bounds in seconds, increasing. Default: those of the HTTP conventions, 5 ms to 10 s. */
  readonly bounds?: readonly number[]
}

/** What `createTracer({ metrics })` takes. */
export interface Metrics {
  /** Counts one invocation. */
  record(root: SpanRecord, isKept: boolean): void
  /** Sends what has been counted, if it is time to. Never rejects. */
  send(host: ExportHost, resource: () => Resource): Promise<void>
}

/** Semantic conventions 1.44, `http.server.request.duration`. */
const HTTP_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Sets of attributes at once; beyond, all count as one (metrics SDK, "Cardinality limits", default 2000 for all). */
export const MAX_SERIES = 2000
const OVERFLOW = { 'otel.metric.overflow': true }

interface Kind {
  readonly name: string
  readonly description: string
  readonly keys: readonly string[]
}

/** The conventions' histograms, and which of a root span's attributes they are told apart by. Names hold no path. */
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

interface Series {
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

/**
 * Duration and count of invocations: `createTracer({ …, metrics: metrics({ url, headers }) })`. With it every invocation
 * is recorded, so that it can be counted, and those that are not sampled are dropped at the end.
 * @throws {ClewError} `invalid_option` when the URL, a header or the bounds cannot be used.
 */
export function metrics(options: MetricsOptions): Metrics {
  const { encoder = metricsJson(), intervalMs = 10_000, bounds = HTTP_BOUNDS, metricsUrl, ...rest } = options
  if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity))))
    throw new ClewError('invalid_option', 'metrics: bounds are increasing numbers of seconds')
  const open = receiver({ ...rest, tracesUrl: metricsUrl ?? endpoint(rest.url) })
  let series = new Map<string, Series>()
  let startMs = 0
  let sentMs = 0

  function find(kind: Kind, attributes: MetricAttributes): Series {
    const key = JSON.stringify([kind.name, attributes])
    let found = series.get(key)
    if (!found && series.size >= MAX_SERIES && attributes !== OVERFLOW) return find(kind, OVERFLOW)
    if (!found) {
      const buckets = new Array<number>(bounds.length + 1).fill(0)
      found = { kind, attributes, count: 0, sum: 0, min: Infinity, max: -Infinity, buckets, exemplars: new Map() }
      series.set(key, found)
    }
    return found
  }

  return {
    record(root, isKept) {
      const kind = kindOf(root)
      const value = (root.endMs - root.startMs) / 1000
      startMs ||= root.startMs
      const into = find(kind, attributesOf(root, kind))
      const bucket = bounds.findIndex((bound) => value <= bound)
      const at = bucket < 0 ? bounds.length : bucket
      into.count++
      into.sum += value
      into.min = Math.min(into.min, value)
      into.max = Math.max(into.max, value)
      into.buckets[at]!++
      const { traceId, spanId, endMs } = root
      if (isKept) into.exemplars.set(at, { timeMs: endMs, value, traceId, spanId })
    },
    async send(host, resource) {
      const timeMs = host.now()
      if (!series.size || timeMs - sentMs < intervalMs) return
      const told = series
      const histograms = histogramsOf(told, startMs, timeMs, bounds)
      series = new Map()
      startMs = sentMs = timeMs
      const body = encoder.encode(resource(), SCOPE, histograms)
      const agent = `${SCOPE.name}/${SCOPE.version}`
      await open(host, agent, encoder)(body, 'traces')
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
    if (typeof value === 'string' || typeof value === 'number') found[key] = value
  }
  return found
}

function histogramsOf(
  series: ReadonlyMap<string, Series>,
  startMs: number,
  timeMs: number,
  bounds: readonly number[],
): Histogram[] {
  const points = new Map<Kind, HistogramPoint[]>()
  for (const { kind, exemplars, ...counted } of series.values()) {
    const point = { ...counted, startMs, timeMs, exemplars: [...exemplars.values()] }
    points.set(kind, [...(points.get(kind) ?? []), point])
  }
  return [...points].map(([{ name, description }, points]) => ({ name, description, unit: 's', bounds, points }))
}

/** What is no URL is refused by the receiver, with a sentence that says so. */
function endpoint(url: string): string {
  const at = parseUrl(url)
  if (!at) return url
  at.pathname = at.pathname.replace(/(\/v1\/traces)?\/*$/, '/v1/metrics')
  return at.href
}
