// In: delta histograms. Out: OTLP/JSON text.
// Must stay true: proto3 JSON as OTLP 1.11 restricts it: hex ids, integer enums, 64-bit integers as decimal strings.
import type { Exemplar, Histogram, HistogramPoint, MetricsEncoder } from './metrics-model.ts'
import { DELTA } from './metrics-model.ts'
import type { Attributes } from './model.ts'
import { isInt } from './value.ts'

type Json = { readonly [key: string]: unknown }

/** A few points an interval: written for being read, not for speed. */
export function metricsJson(): MetricsEncoder {
  return {
    contentType: 'application/json',
    encode: (resource, { name, version, schemaUrl }, histograms) =>
      JSON.stringify({
        resourceMetrics: [
          {
            resource: { attributes: attributes(resource.attributes) },
            scopeMetrics: [{ scope: { name, version }, metrics: histograms.map(metric), schemaUrl }],
            schemaUrl: resource.schemaUrl || undefined,
          },
        ],
      }),
  }
}

const metric = ({ name, description, unit, bounds, points }: Histogram): Json => ({
  name,
  description,
  unit,
  histogram: { aggregationTemporality: DELTA, dataPoints: points.map((each) => point(each, bounds)) },
})

const point = (p: HistogramPoint, bounds: readonly number[]): Json => ({
  attributes: attributes(p.attributes),
  startTimeUnixNano: nanos(p.startMs),
  timeUnixNano: nanos(p.timeMs),
  count: String(p.count),
  sum: p.sum,
  min: p.min,
  max: p.max,
  bucketCounts: p.buckets.map(String),
  explicitBounds: bounds,
  exemplars: p.exemplars.length ? p.exemplars.map(exemplar) : undefined,
})

const exemplar = ({ timeMs, value, traceId, spanId }: Exemplar): Json => ({
  timeUnixNano: nanos(timeMs),
  asDouble: value,
  traceId,
  spanId,
})

function attributes(all: Attributes): Json[] {
  return Object.entries(all).map(([key, value]) => ({
    key,
    value:
      typeof value === 'boolean'
        ? { boolValue: value }
        : isInt(value)
          ? { intValue: String(value) }
          : typeof value === 'number'
            ? { doubleValue: value }
            : { stringValue: String(value) },
  }))
}

/** Epoch milliseconds as decimal nanoseconds, exact. */
export function nanos(ms: number): string {
  const whole = Math.floor(ms)
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)))
}
