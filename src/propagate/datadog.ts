// In: the x-datadog-* headers. Out: a propagation context, and the way back.
// Must stay true: 64-bit decimal ids; the left half of the trace id rides in the tag `_dd.p.tid`; what we do not
// interpret (origin, `_dd.p.*` tags, a user's reject) is handed on unchanged.
import { fromDecimal, toDecimal } from './decimal.ts'
import { found, foundDecision, passing, remote, writable } from './found.ts'
import type { Getter, PropagationContext, Propagator } from './propagator.ts'
import { SAMPLED } from './span-context.ts'
import { MAX_HEADER_LENGTH, trimmed } from './traceparent.ts'

/** Characters of `x-datadog-tags`; what is longer is dropped as a whole, in either direction. */
export const MAX_TAGS_LENGTH = 512

/** Names in `PropagationContext.passthrough`. */
export const ORIGIN = 'datadog.origin'
export const TAGS = 'datadog.tags'
/** Only a user's reject, `-1`: the flag and `debug` say the rest. */
export const PRIORITY = 'datadog.priority'

const TAG = /^_dd\.p\.[!-+\--<>-~]+=[ -+\--~]+$/
const TID = '_dd.p.tid='

/** Datadog's own headers. Put it after the W3C formats: where both name the same trace, the W3C parent stays. */
export function datadog(): Propagator {
  return {
    fields: [
      'x-datadog-trace-id',
      'x-datadog-parent-id',
      'x-datadog-sampling-priority',
      'x-datadog-origin',
      'x-datadog-tags',
    ],
    extract(carrier, context) {
      const low = header(carrier, 'x-datadog-trace-id')
      const parent = header(carrier, 'x-datadog-parent-id')
      const priority = readPriority(header(carrier, 'x-datadog-sampling-priority'))
      if (low === '' && parent === '') {
        return priority !== undefined && priority <= 0 ? foundDecision(context, 'deny') : context
      }
      const right = fromDecimal(low)
      const { tid, tags } = readTags(header(carrier, 'x-datadog-tags'))
      const span =
        /[^0]/.test(right) && remote(tid + right, fromDecimal(parent), priority !== undefined && priority > 0)
      if (!span) return context
      const values = { [ORIGIN]: header(carrier, 'x-datadog-origin') || undefined, [TAGS]: tags || undefined }
      return context.spanContext?.traceId === span.traceId
        ? passing(context, values)
        : passing(withPriority(found(context, span), priority), values)
    },
    inject(context, carrier) {
      const span = writable(context)
      const right = toDecimal(span?.traceId.slice(16) ?? '0')
      if (span === undefined || right === '0') return
      carrier.set('x-datadog-trace-id', right)
      carrier.set('x-datadog-parent-id', toDecimal(span.spanId))
      const priority = priorityOf(context)
      if (priority !== '') carrier.set('x-datadog-sampling-priority', priority)
      const origin = context.passthrough?.[ORIGIN]
      if (origin) carrier.set('x-datadog-origin', origin)
      const tags = writeTags(span.traceId.slice(0, 16), context.passthrough?.[TAGS] ?? '')
      if (tags !== '') carrier.set('x-datadog-tags', tags)
    },
  }
}

/** What a sampling priority means for a trace that was found; none leaves the decision to us. */
export function withPriority(context: PropagationContext, priority: number | undefined): PropagationContext {
  const { decision: _, ...rest } = context
  if (priority === undefined) return { ...rest, decision: 'deferred' }
  return passing(priority >= 2 ? { ...rest, decision: 'debug' } : rest, {
    [PRIORITY]: priority < 0 ? '-1' : undefined,
  })
}

/** The priority that says what the context says; empty while the decision is open. */
export function priorityOf({ spanContext, decision, passthrough }: PropagationContext): string {
  if (decision === 'debug') return '2'
  if (decision === 'deferred') return ''
  if (spanContext!.traceFlags & SAMPLED) return '1'
  return passthrough?.[PRIORITY] ?? '0'
}

export function readPriority(text: string): number | undefined {
  return /^(?:-1|0|1|2)$/.test(text) ? Number(text) : undefined
}

function readTags(text: string): { tid: string; tags: string } {
  let tid = ''
  if (text.length > MAX_TAGS_LENGTH) return { tid, tags: '' }
  const tags = text.split(',').map(trimmed)
  for (const tag of tags) if (/^_dd\.p\.tid=[\da-f]{16}$/.test(tag)) tid = tag.slice(TID.length)
  return { tid, tags: tags.filter((tag) => TAG.test(tag) && !tag.startsWith(TID)).join() }
}

function writeTags(left: string, tags: string): string {
  const tid = /[^0]/.test(left) ? TID + left : ''
  const all = tags && tid ? `${tags},${tid}` : tags || tid
  return all.length > MAX_TAGS_LENGTH ? tid : all
}

function header(carrier: Getter, name: string): string {
  const text = carrier.get(name) ?? ''
  return text.length > MAX_HEADER_LENGTH ? '' : trimmed(text).replace(/[^ -~]/g, '_')
}
