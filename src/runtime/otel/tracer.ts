// In: a span, and calls as the OpenTelemetry API makes them. Out: spans of the same invocation.
// Must stay true: nothing is imported from the API and nothing registered; contexts of every copy of it are understood.
import type { SpanContext } from '../../propagate/span-context.ts'
import { isValid } from '../../propagate/traceparent.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { OtelContext, OtelContextManager, OtelSpanOptions, OtelTracer } from './types.ts'

/** Where every 1.x of the API keeps a context's span, and where it keeps what was registered. */
const SPAN = /* @__PURE__ */ Symbol.for('OpenTelemetry Context Key SPAN')
const API = /* @__PURE__ */ Symbol.for('opentelemetry.js.api.1')

/** A span of ours or of somebody else's. */
export type AnySpan = RecordingSpan<unknown> | (Partial<RecordingSpan<unknown>> & { spanContext(): SpanContext })

/** The span in a context; without one, in the ambient context, where a context manager is registered. */
export function spanIn(context: OtelContext | undefined): AnySpan | undefined {
  return (context ?? contextManager()?.active())?.getValue(SPAN) as AnySpan | undefined
}

export const isOurs = (span: AnySpan | undefined): span is RecordingSpan<unknown> => !!span?.startBeside

/**
 * A `Tracer` of the OpenTelemetry API. The parent of its spans is the valid span in the context argument; without one the
 * ambient span, where that is below `bound`; else `bound`.
 */
export function tracerOf(bound: RecordingSpan<unknown>): OtelTracer {
  return {
    startSpan(name, options, context) {
      return startUnder(bound, name, options, context)
    },
    startActiveSpan(...args: unknown[]) {
      const fn = args.pop() as (span: RecordingSpan<unknown>) => never
      const call = args as Parameters<OtelTracer['startSpan']>
      const span = startUnder(bound, ...call)
      const manager = contextManager()
      return manager ? manager.with((call[2] ?? manager.active()).setValue(SPAN, span), fn, undefined, span) : fn(span)
    },
  }
}

function startUnder(
  bound: RecordingSpan<unknown>,
  name: string,
  options?: OtelSpanOptions,
  context?: OtelContext,
): RecordingSpan<unknown> {
  const found = options?.root ? undefined : spanIn(context)
  if (isOurs(found) && (context || isBelow(found, bound))) return found.startSpan(name, options)
  const theirs = context && found?.spanContext()
  return options?.root || (theirs && isValid(theirs))
    ? bound.startBeside(theirs, name, options)
    : bound.startSpan(name, options)
}

/** What somebody has registered with the API, whichever copy of it. */
export const contextManager = (): OtelContextManager | undefined =>
  (globalThis as { [API]?: { context?: OtelContextManager } })[API]?.context

const isBelow = (span: RecordingSpan<unknown> | undefined, above: RecordingSpan<unknown>): boolean =>
  !!span && (span.record === above.record || isBelow(span.parent, above))
