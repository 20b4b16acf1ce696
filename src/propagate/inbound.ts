// In: what a caller sent, and how far it is trusted. Out: what of it we take.
// Must stay true: a caller who is not continued contributes neither an id, nor a decision, nor baggage.
import type { PropagationContext } from './propagator.ts'
import type { SpanContext } from './span-context.ts'

/**
 * How far a caller's context is trusted. `continue`: its trace goes on here. `link`: a new trace, with a link to the
 * caller's (Trace Context Level 2, section 4.2: restarting the trace). `ignore`: a new trace that knows nothing of it.
 */
export type Trust = 'continue' | 'link' | 'ignore'

/** What is left of a caller's context. Without a `parent` a new trace begins, its trace state empty. */
export interface Admitted extends Omit<PropagationContext, 'spanContext'> {
  readonly parent?: SpanContext | undefined
  readonly link?: SpanContext | undefined
}

/** Applies trust to what was extracted. */
export function admit(context: PropagationContext, trust: Trust): Admitted {
  const { spanContext, baggage, decision, passthrough } = context
  if (trust === 'continue') return { parent: spanContext, baggage, decision, passthrough }
  return trust === 'link' ? { link: spanContext } : {}
}
