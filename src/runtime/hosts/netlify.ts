// In: a Netlify function or edge function. Out: the same, each call an invocation.
// Must stay true: the context is Netlify's own, its methods run on it.
import type { Attributes } from '../../flush/model.ts'
import type { Tracer } from '../tracer.ts'
import { handle, type RequestHandler, type TracedRequestHandler } from './handle.ts'

/** What is used of Netlify's `Context`. */
export interface NetlifyContext {
  waitUntil?(promise: Promise<unknown>): void
  readonly requestId?: string
  readonly ip?: string
  readonly server?: { readonly region?: string }
}

const RESOURCE: Attributes = { 'cloud.provider': 'netlify' }

/** Traces a function: `export default netlify(tracer, async (request, { span }) => …)`. */
export function netlify<Env = unknown, C extends NetlifyContext = NetlifyContext>(
  tracer: Tracer<Env>,
  handler: RequestHandler<Env, C>,
): TracedRequestHandler<C> {
  return handle(tracer, handler, {
    waitUntil: (promise, context) => context?.waitUntil?.(promise),
    resource: RESOURCE,
    attributes: (_, context) => {
      const attributes: Record<string, string> = {}
      if (context?.requestId) attributes['faas.invocation_id'] = context.requestId
      if (context?.ip) attributes['client.address'] = context.ip
      if (context?.server?.region) attributes['cloud.region'] = context.server.region
      return attributes
    },
  })
}
