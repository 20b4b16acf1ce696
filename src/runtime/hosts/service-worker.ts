// In: a handler for fetch events: Fastly Compute, service workers. Out: a listener for them.
// Must stay true: `respondWith` and the first `waitUntil` are called before the listener returns, as both hosts demand.

import type { Tracer } from '../tracer.ts'
import { type HandleOptions, handle, type RequestHandler } from './handle.ts'

/** What is used of a fetch event. */
export interface FetchEventLike {
  readonly request: Request
  respondWith(response: Promise<Response>): void
  waitUntil(promise: Promise<unknown>): void
}

/** The listener for `addEventListener('fetch', …)`; the handler's second argument is the event. */
export function fetchListener<Env, C extends FetchEventLike>(
  tracer: Tracer<Env>,
  handler: RequestHandler<Env, C>,
  options: HandleOptions<Env, C>,
): (event: C) => void {
  const traced = handle<Env, FetchEventLike>(tracer, handler as RequestHandler<Env, FetchEventLike>, {
    ...(options as HandleOptions<Env, FetchEventLike>),
    waitUntil: (promise, event) => event.waitUntil(promise),
  })
  return (event) => event.respondWith(new Promise((resolve) => resolve(traced(event.request, event))))
}
