// In: clew's types and those of two versions of the OpenTelemetry API. Out: whatever takes the one takes the other.
// The compiler is the test: `npm run types` fails where they part.
import { AsyncLocalStorage } from 'node:async_hooks'
import * as api10 from '@opentelemetry/api'
import type { Span } from 'clew'
import { carrierFrom, openTelemetry } from 'clew/otel'
import * as api9 from 'opentelemetry-api-1.9'

export const compiles = (span: Span, theirs: api9.Span, theirs10: api10.Span): void => {
  span.tracer satisfies api9.Tracer
  span.tracer satisfies api10.Tracer
  span satisfies api9.Span
  span satisfies api10.Span
  openTelemetry(api9)
  openTelemetry({ context: api10.context, trace: api10.trace }, { AsyncLocalStorage })
  span.continueTrace(carrierFrom(theirs), 'on', () => {})
  span.continueTrace(carrierFrom(theirs10), 'on', () => {})
}
