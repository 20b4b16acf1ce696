// In: what earlier formats found, and what a later one found. Out: the two as one context.
// Must stay true: an identity replaces an earlier one together with what that one said about sampling; ids are padded
// and proven here for every format but W3C, which proves its own.
import type { PropagationContext, UpstreamDecision } from './propagator.ts'
import type { SpanContext } from './span-context.ts'
import { isValid } from './traceparent.ts'

/** `context` with the caller's identity in it; baggage and passthrough of earlier formats stay. */
export function found(
  context: PropagationContext,
  spanContext: SpanContext,
  decision?: UpstreamDecision,
): PropagationContext {
  return { spanContext, baggage: context.baggage, decision, passthrough: context.passthrough }
}

/** What a caller without ids said; it counts only while no identity was found. */
export function foundDecision(context: PropagationContext, decision: UpstreamDecision): PropagationContext {
  return context.spanContext === undefined ? { ...context, decision } : context
}

/** A caller's identity from hexadecimal ids of any width up to the full one, or nothing when they are not ids. */
export function remote(traceId: string, spanId: string, sampled: boolean): SpanContext | undefined {
  const context = {
    traceId: traceId.padStart(32, '0'),
    spanId: spanId.padStart(16, '0'),
    traceFlags: sampled ? 1 : 0,
    isRemote: true,
  }
  return isValid(context) ? context : undefined
}

/** What `inject` may write, or nothing. */
export function writable({ spanContext }: PropagationContext): SpanContext | undefined {
  return spanContext !== undefined && isValid(spanContext) ? spanContext : undefined
}

/** With what a format must hand on unchanged; undefined values are left out. */
export function passing(
  context: PropagationContext,
  values: Readonly<Record<string, string | undefined>>,
): PropagationContext {
  const passthrough: Record<string, string> = { ...context.passthrough }
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete passthrough[name]
    else passthrough[name] = value
  }
  const { passthrough: _, ...rest } = context
  return Object.keys(passthrough).length > 0 ? { ...rest, passthrough } : rest
}
