// In: the `fetch` of a Bun server. Out: the same handler, each request an invocation.
// Must stay true: the server's methods run on the server itself: `upgrade`, `publish` and the rest work as ever.
import type { Attributes } from '../../flush/model.ts'
import type { Tracer } from '../tracer.ts'
import { handle, type RequestHandler, type TracedRequestHandler } from './handle.ts'

/** What is used of Bun's `Server`. */
export interface BunServer {
  requestIP?(request: Request): { readonly address: string } | null
}

const RESOURCE: Attributes = { 'process.runtime.name': 'bun' }

/** Traces a handler: `Bun.serve({ fetch: bun(tracer, (request, { span }) => …) })`, or a handler of its `routes`. */
export function bun<Env = unknown, C extends BunServer = BunServer>(
  tracer: Tracer<Env>,
  handler: RequestHandler<Env, C>,
): TracedRequestHandler<C> {
  return handle(tracer, handler, {
    resource: RESOURCE,
    attributes(request, server) {
      const address = server?.requestIP?.(request)?.address
      return address ? { 'client.address': address, 'network.peer.address': address } : {}
    },
  })
}
