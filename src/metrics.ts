// The door of `clew/metrics`: durations and counts of invocations, with exemplars.
export { metricsJson } from './flush/metrics-json.ts'
export type { Exemplar, Histogram, HistogramPoint, MetricAttributes, MetricsEncoder } from './flush/metrics-model.ts'
export { metricsProtobuf } from './flush/metrics-protobuf.ts'
export { type Metrics, type MetricsOptions, metrics } from './runtime/metrics.ts'
