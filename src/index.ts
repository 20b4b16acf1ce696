// The front door: what every program that uses clew needs.
export { consoleExporter } from './flush/console.ts'
export { ClewError, type ClewErrorCode } from './flush/error.ts'
export type { Exporter, ExportHost, ExportResult } from './flush/exporter.ts'
export { memoryExporter } from './flush/memory.ts'
export {
  type Attributes,
  type AttributeValue,
  type Batch,
  type DropCounts,
  type DropReason,
  type EventRecord,
  type LinkRecord,
  type LogRecord,
  SpanKind,
  type SpanRecord,
  StatusCode,
} from './flush/model.ts'
export { type OtlpOptions, otlp } from './flush/otlp.ts'
export type { Baggage } from './propagate/baggage.ts'
export type { Carrier, Traced } from './propagate/carrier.ts'
export type { SpanContext } from './propagate/span-context.ts'
export type { TraceState } from './propagate/trace-state.ts'
export type { Clock, TimeInput } from './runtime/clock.ts'
export type { FetchOptions } from './runtime/fetch.ts'
export type { Handle, InvocationStart, Lifetime } from './runtime/invocation-start.ts'
export type { Limits } from './runtime/limits.ts'
export type { ResponseHeaders, TracerOptions } from './runtime/options.ts'
export type { ContinueOptions, Link, Span, SpanFetch, SpanOptions, SpanStatus, TracedFunction } from './runtime/span.ts'
export { createTracer, type Tracer, traced } from './runtime/tracer.ts'
export { alwaysOff, alwaysOn } from './sampling/always.ts'
export { parentBased } from './sampling/parent-based.ts'
export { traceIdRatio } from './sampling/ratio.ts'
export type { Sampler } from './sampling/sampler.ts'
export type { LocalTrace, TailSampler, TailVerdict } from './sampling/tail-sampler.ts'
