// In: a WorkerEntrypoint class. Out: the same class, each call of another Worker's an invocation.
// Must stay true: an instance serves one call, so `this.env`, `this.ctx` and `spanOf(this)` are that call's throughout.

import type { Tracer } from '../tracer.ts'
import type { EventKind } from './event.ts'
import { type HostClass, tracedClass } from './traced-class.ts'
import { HANDLERS } from './workers.ts'

/**
 * Traces an entrypoint: `export const Billing = workerEntrypoint(tracer, class extends WorkerEntrypoint<Env> { … })`.
 * `name` is what the spans call the class; `events` as for `workers`.
 */
export function workerEntrypoint<Env, C extends HostClass<Env>>(
  tracer: Tracer<Env>,
  Class: C,
  { name = Class.name, events = [] }: { readonly name?: string; readonly events?: readonly EventKind[] } = {},
): C {
  return tracedClass(tracer, Class, name, { events: [...events, ...HANDLERS], attributes: () => ({}) })
}
