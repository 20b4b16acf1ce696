// In: the `dd` member of a tracestate. Out: what Datadog says beyond the W3C headers, and the way back.
// Must stay true: the traceparent's sampled flag outranks `dd`; the member is at most 256 characters and loses whole
// tags only; everybody else's members stay as they are.
import { ORIGIN, priorityOf, readPriority, TAGS, withPriority } from './datadog.ts'
import { passing, writable } from './found.ts'
import type { PropagationContext, Propagator } from './propagator.ts'
import { SAMPLED, type SpanContext } from './span-context.ts'
import { emptyTraceState } from './trace-state.ts'
import { traceContext } from './w3c.ts'

/** Characters of the member's value, which is also what a tracestate allows. */
export const MAX_DD_LENGTH = 256

/** W3C Trace Context as Datadog's tracers speak it, with their `dd` member. Use it instead of `traceContext()`. */
export function datadogTraceContext(): Propagator {
  const plain = traceContext()
  return {
    fields: plain.fields,
    extract(carrier, context) {
      const next = plain.extract(carrier, context)
      return next === context ? context : readDatadogState(next)
    },
    inject(context, carrier) {
      const spanContext = writable(context)
      if (spanContext !== undefined) plain.inject({ spanContext: withDatadogState(spanContext, context) }, carrier)
    },
  }
}

/** Reads the `dd` member, where there is one. */
export function readDatadogState(context: PropagationContext): PropagationContext {
  const { spanContext } = context
  const text = spanContext?.traceState?.get('dd')
  if (spanContext === undefined || text === undefined) return context
  let priority: number | undefined
  let origin: string | undefined
  let tags: string[] = []
  for (const part of text.split(';')) {
    const at = part.indexOf(':')
    const key = part.slice(0, at)
    const value = part.slice(at + 1).replaceAll('~', '=')
    if (key === 's') priority = readPriority(value)
    else if (key === 'o') origin = value
    else if (key.startsWith('t.') && key !== 't.tid' && value !== '') tags.push(`_dd.p.${key.slice(2)}=${value}`)
  }
  const sampled = (spanContext.traceFlags & SAMPLED) !== 0
  if (priority === undefined) {
    priority = sampled ? 1 : 0
  } else if (priority > 0 !== sampled) {
    priority = sampled ? 1 : 0
    const decided = tags.filter((tag) => !tag.startsWith('_dd.p.dm='))
    tags = sampled && decided.length < tags.length ? [...decided, '_dd.p.dm=-0'] : decided
  }
  return passing(withPriority(context, priority), { [ORIGIN]: origin || undefined, [TAGS]: tags.join() || undefined })
}

/** The identity with a `dd` member that says what the context says, left of all others. */
function withDatadogState(span: SpanContext, context: PropagationContext): SpanContext {
  const { passthrough } = context
  const priority = priorityOf(context)
  const parts = [`p:${span.spanId}`]
  if (priority !== '') parts.unshift(`s:${priority}`)
  if (passthrough?.[ORIGIN]) parts.push(`o:${written(passthrough[ORIGIN])}`)
  let value = parts.join(';').slice(0, MAX_DD_LENGTH)
  for (const tag of passthrough?.[TAGS]?.split(',') ?? []) {
    const at = tag.indexOf('=')
    const part = `;t.${tag.slice('_dd.p.'.length, at).replace(/[^!-+\--9<>-~]/g, '_')}:${written(tag.slice(at + 1))}`
    if (value.length + part.length <= MAX_DD_LENGTH) value += part
  }
  return { ...span, traceState: (span.traceState ?? emptyTraceState()).set('dd', value) }
}

/** In a member's value `=` is written `~`; what the grammar or the member itself needs becomes `_`. */
function written(value: string): string {
  return value
    .replace(/[^ -+\--:<-}]/g, '_')
    .replaceAll('=', '~')
    .replace(/ $/, '_')
}
