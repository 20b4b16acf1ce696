// In: a Pages function. Out: the same function, each request an invocation.
// Must stay true: the context is the runtime's own but for the span, the env and `waitUntil`.
import type { EventContext } from '@cloudflare/workers-types'
import { forward } from '../forward.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { traceEvent } from './event.ts'
import { fetchEvent } from './fetch-event.ts'

/** The context of a Pages function, and the span of the request. */
export type PagesContext<
  Env,
  Params extends string = string,
  Data extends Record<string, unknown> = Record<string, unknown>,
> = EventContext<Env, Params, Data> & { readonly span: Span<Env> }

/**
 * Traces a Pages function: `export const onRequest = pages(tracer, ({ request, env, span }) => …)`. Of a chain wrap the
 * first: `_middleware`.
 */
export function pages<Env>(
  tracer: Tracer<Env>,
  handler: (context: PagesContext<Env>) => Response | Promise<Response>,
): (context: EventContext<Env, string, Record<string, unknown>>) => Promise<Response> {
  return async (context) =>
    (await traceEvent(tracer, fetchEvent, [context.request], context.env as Env, context, undefined, (span) =>
      handler(
        forward(context, (key) => {
          if (key === 'span') return span
          if (key === 'env') return span.env
          if (key === 'waitUntil') return (promise: Promise<unknown>) => span.waitUntil(promise)
          return undefined
        }) as PagesContext<Env>,
      ),
    )) as Response
}
