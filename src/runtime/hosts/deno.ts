// In: a handler of `Deno.serve` or `deno serve`. Out: the same handler, each request an invocation.
// Must stay true: the root lasts until Deno has sent the response; where Deno traces the request itself, its span is the
// parent and its trace is ours.
import type { Attributes } from '../../flush/model.ts'
import type { SpanContext } from '../../propagate/span-context.ts'
import { formatTraceparent } from '../../propagate/traceparent.ts'
import type { Tracer } from '../tracer.ts'
import { handle, type RequestHandler, type TracedRequestHandler } from './handle.ts'

/** What is used of `Deno.ServeHandlerInfo`. */
export interface DenoInfo {
  readonly remoteAddr?: object
  /** Settles when the response has been sent. */
  readonly completed?: Promise<void>
}

/** What is used of Deno's own tracing (`OTEL_DENO=true`). */
interface Telemetry {
  readonly contextManager?: {
    active(): { getValue(key: symbol): { spanContext(): SpanContext & { isRemote?: boolean } } | undefined }
  }
}

/** The key under which the OpenTelemetry API keeps the active span in a context. */
const ACTIVE_SPAN = Symbol.for('OpenTelemetry Context Key SPAN')

const RESOURCE: Attributes = { 'process.runtime.name': 'deno' }

/**
 * Traces a handler: `Deno.serve(deno(tracer, (request, { span }) => …))`, or
 * `export default { fetch: deno(tracer, …) }` for `deno serve`.
 */
export function deno<Env = unknown, C extends DenoInfo = DenoInfo>(
  tracer: Tracer<Env>,
  handler: RequestHandler<Env, C>,
): TracedRequestHandler<C> {
  return handle(tracer, handler, {
    resource: RESOURCE,
    sent: (info) => info?.completed,
    attributes: (_, info) => peer(info),
    carrier: (request) => {
      const { headers } = request
      const own = ownSpan()
      if (!own) return headers
      const traceparent = formatTraceparent(own)
      return { get: (name) => (name === 'traceparent' ? traceparent : headers.get(name)), keys: () => headers.keys() }
    },
  })
}

/** The span that Deno made of the request, where it makes any. */
function ownSpan(): SpanContext | undefined {
  const { Deno } = globalThis as { Deno?: { telemetry?: Telemetry } }
  const context = Deno?.telemetry?.contextManager?.active().getValue(ACTIVE_SPAN)?.spanContext()
  return context?.spanId ? context : undefined
}

function peer(info: DenoInfo | undefined): Attributes {
  const { hostname } = (info?.remoteAddr ?? {}) as { hostname?: string }
  return hostname ? { 'client.address': hostname, 'network.peer.address': hostname } : {}
}
