// In: what earlier formats found, and the identity a later one found. Out: the two as one context.
// Must stay true: an identity replaces an earlier one together with what that one said about sampling.
import type { PropagationContext, UpstreamDecision } from './propagator.ts'
import type { SpanContext } from './span-context.ts'

/** `context` with the caller's identity in it; baggage and passthrough of earlier formats stay. */
export function found(
  context: PropagationContext,
  spanContext: SpanContext,
  decision?: UpstreamDecision,
): PropagationContext {
  const { baggage, passthrough } = context
  return {
    spanContext,
    ...(baggage && { baggage }),
    ...(passthrough && { passthrough }),
    ...(decision && { decision }),
  }
}
