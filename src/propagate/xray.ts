// In: an X-Amzn-Trace-Id header, or its like from Lambda. Out: a propagation context, and the way back.
// Must stay true: `Sampled=?` and no `Sampled` leave the decision to us; `Lineage` is handed on unchanged.
import { found, passing, remote, writable } from './found.ts'
import type { PropagationContext, Propagator } from './propagator.ts'
import { SAMPLED } from './span-context.ts'
import { MAX_HEADER_LENGTH, trimmed } from './traceparent.ts'

const HEADER = 'x-amzn-trace-id'
const ROOT = /^1-([\da-f]{8})-([\da-f]{24})$/
const PARENT = /^[\da-f]{16}$/
const LINEAGE = /^(\d{1,5}):[\da-f]{8}:(\d{1,3})$/

/** The name of Lambda's loop detection in `PropagationContext.passthrough`. */
export const LINEAGE_NAME = 'xray.lineage'

/** AWS X-Ray: `X-Amzn-Trace-Id`. */
export function xray(): Propagator {
  return {
    fields: [HEADER],
    extract: (carrier, context) => readXray(carrier.get(HEADER), context),
    inject(context, carrier) {
      const span = writable(context)
      if (span === undefined) return
      const { traceId, spanId, traceFlags } = span
      const sampled = context.decision === 'deferred' ? '?' : traceFlags & SAMPLED
      const lineage = context.passthrough?.[LINEAGE_NAME]
      const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`
      carrier.set(HEADER, `Root=${root};Parent=${spanId};Sampled=${sampled}${lineage ? `;Lineage=${lineage}` : ''}`)
    },
  }
}

/**
 * X-Ray as Lambda knows it: what `read` answers (`context.xRayTraceId`, or `_X_AMZN_TRACE_ID`) before the header, and
 * neither when an earlier format found an identity. Use it instead of `xray()`, never beside it.
 */
export function xrayLambda(read: () => string | undefined): Propagator {
  const plain = xray()
  return {
    ...plain,
    extract(carrier, context) {
      if (context.spanContext !== undefined) return context
      const own = readXray(read(), context)
      return own === context ? plain.extract(carrier, context) : own
    },
  }
}

/** Reads the text of the header, wherever it came from (SQS: the system attribute `AWSTraceHeader`). */
export function readXray(header: string | null | undefined, context: PropagationContext): PropagationContext {
  if (!header || header.length > MAX_HEADER_LENGTH) return context
  const parts: Record<string, string> = { __proto__: null as never }
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    if (at > 0) parts[trimmed(part.slice(0, at))] = trimmed(part.slice(at + 1))
  }
  const { Root = '', Parent = '', Sampled = '?', Lineage = '' } = parts
  const root = ROOT.exec(Root)
  if (root === null || !PARENT.test(Parent) || !/^[01?]$/.test(Sampled)) return context
  const span = remote(root[1]! + root[2]!, Parent, Sampled === '1')
  if (span === undefined) return context
  const next = found(context, span, Sampled === '?' ? 'deferred' : undefined)
  return passing(next, { [LINEAGE_NAME]: isLineage(Lineage) ? Lineage : undefined })
}

function isLineage(text: string): boolean {
  const match = LINEAGE.exec(text)
  return match !== null && Number(match[1]) <= 32_767 && Number(match[2]) <= 255
}
