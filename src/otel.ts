// The door of `clew/otel`: ambient context, for libraries that know no other; and a way on from other SDKs' spans.
export {
  type Ambient,
  carrierFrom,
  type OpenTelemetryOptions,
  type OtelApi,
  type OtelTracerProvider,
  openTelemetry,
  type Storage,
} from './runtime/otel/ambient.ts'
export type { OtelContext, OtelContextManager, OtelSpanOptions, OtelTracer } from './runtime/otel/types.ts'
