// In: nothing. Out: delta histograms as plain data, and what encodes them.
// Must stay true: `buckets` has one more entry than `bounds`, and their sum is `count` (OTLP 1.11, "HistogramDataPoint").
import type { InstrumentationScope, Resource } from './model.ts'
import type { Body } from './post.ts'

/** A trace that shows what a bucket counts. */
export interface Exemplar {
  readonly timeMs: number
  readonly value: number
  readonly traceId: string
  readonly spanId: string
}

export type MetricAttributes = { readonly [key: string]: string | number | boolean }

/** What one set of attributes counted between two times, epoch milliseconds. */
export interface HistogramPoint {
  readonly attributes: MetricAttributes
  readonly startMs: number
  readonly timeMs: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly buckets: readonly number[]
  readonly exemplars: readonly Exemplar[]
}

export interface Histogram {
  readonly name: string
  readonly description: string
  /** UCUM. */
  readonly unit: string
  /** Upper bounds, inclusive, increasing. */
  readonly bounds: readonly number[]
  readonly points: readonly HistogramPoint[]
}

/** One encoding of an `ExportMetricsServiceRequest`: `metricsJson()` or `metricsProtobuf()`. */
export interface MetricsEncoder {
  readonly contentType: string
  encode(resource: Resource, scope: InstrumentationScope, histograms: readonly Histogram[]): Body
}

/** OTLP `AggregationTemporality`: what was counted since the point before. */
export const DELTA = 1
