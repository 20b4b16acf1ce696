// What the propagation tests share: a carrier as a record, and the identity every table speaks about.
import { getterOf, type PropagationContext, type Propagator, recordSetter, type SpanContext } from 'clew/propagate'

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
export const SPAN_ID = 'b7ad6b7169203331'
export const SHORT_TRACE_ID = '00000000000000008448eb211c80319c'

export const IDENTITY: SpanContext = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, isRemote: true }

export function extract(
  propagator: Propagator,
  headers: Readonly<Record<string, unknown>>,
  context: PropagationContext = {},
): PropagationContext {
  return propagator.extract(getterOf(headers), context)
}

export function inject(propagator: Propagator, context: PropagationContext): Record<string, string> {
  const headers: Record<string, string> = {}
  propagator.inject(context, recordSetter(headers))
  return headers
}

/** `trace span flags`, the decision when there is one, and the trace state; `nothing` without an identity. */
export function told({ spanContext, decision }: PropagationContext): string {
  if (spanContext === undefined) return decision ?? 'nothing'
  const { traceId, spanId, traceFlags, traceState } = spanContext
  return [traceId, spanId, traceFlags, decision, traceState?.serialize()].filter((one) => one !== undefined).join(' ')
}
