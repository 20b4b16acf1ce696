// In: what a page does, or the fetch events of its service worker. Out: an invocation for each.
// Must stay true: nothing is patched and nothing watched: what is traced is what is called; a page that is left sends what
// it has.
import { type Attributes, SpanKind } from '../../flush/model.ts'
import { recordGetter } from '../../propagate/getters.ts'
import type { InvocationStart, Lifetime } from '../invocation-start.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import type { RequestHandler } from './handle.ts'
import { type FetchEventLike, fetchListener } from './service-worker.ts'

export interface ActionOptions {
  readonly attributes?: Attributes
  /** True: goes on with the trace that the server wrote into the page, as `<meta name="traceparent">`. Default false. */
  readonly continuesPage?: boolean
}

/** Traces what a page does, a click or a route: `action(tracer, 'add to cart', async (span) => …)`. */
export function action<R>(
  tracer: Tracer,
  name: string,
  run: (span: Span) => R,
  { attributes, continuesPage = false }: ActionOptions = {},
): R {
  let left = (): void => {}
  const start: InvocationStart<unknown> = {
    name,
    kind: SpanKind.INTERNAL,
    env: undefined,
    // The page lives on; when it is hidden, it may be for good.
    keepAlive: (promise) => void promise.then(left, left),
    ...(attributes && { attributes }),
    ...(continuesPage && { carrier: recordGetter(pageContext()) }),
  }
  return tracer.invoke(start, (span, lifetime) => {
    left = whenHidden(lifetime)
    return run(span)
  })
}

/** The listener of a service worker: `addEventListener('fetch', serviceWorker(tracer, (request, { span }) => …))`. */
export function serviceWorker<C extends FetchEventLike = FetchEventLike>(
  tracer: Tracer,
  handler: RequestHandler<unknown, C>,
): (event: C) => void {
  return fetchListener(tracer, handler, {})
}

/** Bodies that `keepalive` allows while a page is left: 64 KiB in all (Fetch standard, "inflight keep-alive bytes"). */
const MAX_KEEPALIVE_BYTES = 60_000

/**
 * A fetch that outlives its page: `createTracer({ …, fetch: keepaliveFetch })`. What is too large for that goes as an
 * ordinary request.
 */
export function keepaliveFetch(input: string, init?: RequestInit): Promise<Response> {
  const { body } = init ?? {}
  const size = typeof body === 'string' ? body.length * 3 : body instanceof Uint8Array ? body.length : Infinity
  return fetch(input, { ...init, keepalive: size <= MAX_KEEPALIVE_BYTES })
}

/** Closes when the page is hidden: the last moment a page can count on. Returns how to forget it. */
function whenHidden(lifetime: Lifetime): () => void {
  const { document } = globalThis as { document?: Document }
  const close = (): void => {
    if (document?.visibilityState === 'hidden') lifetime.close()
  }
  document?.addEventListener('visibilitychange', close)
  return () => document?.removeEventListener('visibilitychange', close)
}

function pageContext(): Record<string, string | undefined> {
  const { document } = globalThis as { document?: Document }
  const read = (name: string): string | undefined =>
    document?.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content
  return { traceparent: read('traceparent'), tracestate: read('tracestate') }
}
