// In: the text of OTEL_PROPAGATORS. Out: one propagator, and the names nobody knows.
// Must stay true: an unknown name is reported and never thrown. This file pulls in every format: import it only where
// the choice is made at run time.
import { b3, b3multi } from './b3.ts'
import { composite } from './composite.ts'
import { datadog } from './datadog.ts'
import { datadogTraceContext } from './datadog-trace-state.ts'
import { google } from './google.ts'
import { jaeger } from './jaeger.ts'
import { ottrace } from './ottrace.ts'
import type { Propagator } from './propagator.ts'
import { baggage, traceContext } from './w3c.ts'
import { xray, xrayLambda } from './xray.ts'

export interface ResolvedPropagators {
  readonly propagator: Propagator
  /** The names asked for. */
  readonly names: readonly string[]
  /** Names that are no format; they count as absent. */
  readonly unknown: readonly string[]
}

/**
 * Resolves a list of names as `OTEL_PROPAGATORS` has it (OpenTelemetry, "Environment Variable Specification"):
 * tracecontext, baggage, b3, b3multi, jaeger, xray, xray-lambda, ottrace, none; and, of our own, datadog,
 * datadog-tracecontext and google. In any letter case, each once. Empty, blank or only unknown names: tracecontext and
 * baggage. `lambdaTraceId` answers Lambda's `context.xRayTraceId`, for xray-lambda.
 */
export function propagatorsNamed(
  list: string | undefined,
  lambdaTraceId: () => string | undefined = () => undefined,
): ResolvedPropagators {
  const formats: Readonly<Record<string, () => Propagator>> = {
    tracecontext: traceContext,
    baggage,
    b3,
    b3multi,
    jaeger,
    xray,
    'xray-lambda': () => xrayLambda(lambdaTraceId),
    ottrace,
    datadog,
    'datadog-tracecontext': datadogTraceContext,
    google,
  }
  const asked = new Set(
    (list ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
  asked.delete('')
  const none = asked.delete('none')
  const unknown = [...asked].filter((name) => !Object.hasOwn(formats, name))
  const known = [...asked].filter((name) => Object.hasOwn(formats, name))
  const names = none ? [] : known.length > 0 ? known : ['tracecontext', 'baggage']
  return { propagator: composite(names.map((name) => formats[name]!())), names, unknown }
}
