// In: a handler for Fastly Compute. Out: a listener for its fetch events.
// Must stay true: Fastly takes `waitUntil` only while the event is dispatched the first time: the invocation gives its
// promise then, and a service ends when it has settled.
import type { Attributes } from '../../flush/model.ts'
import type { Tracer } from '../tracer.ts'
import type { RequestHandler } from './handle.ts'
import { type FetchEventLike, fetchListener } from './service-worker.ts'

/** What is used of Fastly's `FetchEvent`. */
export interface FastlyEvent extends FetchEventLike {
  readonly client?: { readonly address?: string }
}

const RESOURCE: Attributes = { 'cloud.provider': 'fastly', 'cloud.platform': 'fastly.compute' }

/** Traces a service: `addEventListener('fetch', fastly(tracer, async (request, { span }) => …))`. */
export function fastly<Env = unknown, C extends FastlyEvent = FastlyEvent>(
  tracer: Tracer<Env>,
  handler: RequestHandler<Env, C>,
): (event: C) => void {
  return fetchListener(tracer, handler, {
    resource: RESOURCE,
    attributes: (_, event) => (event.client?.address ? { 'client.address': event.client.address } : {}),
  })
}
