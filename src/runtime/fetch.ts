// In: a call to fetch. Out: the same call, carrying the trace, inside a CLIENT span of its own.
// Must stay true: the response, the error and the caller's objects are the host's and the caller's own; the body is not
// touched; when anything of ours fails the call goes out as it was given.
import { type Attributes, SpanKind } from '../flush/model.ts'
import { EVERYTHING, NOTHING, permitted } from '../propagate/outbound.ts'
import { answered, captured, methodAttributes, methodName, parseUrl, urlAttributes } from './http.ts'
import type { Config } from './options.ts'
import { follow } from './outcome.ts'
import type { RecordingSpan } from './recording-span.ts'

/** How one call is traced. */
export interface FetchOptions {
  /** Default: the method. Keep it low in cardinality: `GET /users/:id`, not `GET /users/42`. */
  readonly name?: string
  /** Added to the span's own. */
  readonly attributes?: Attributes
  /** What the other side learns: `true` everything, baggage included; `false` nothing. Default: what `outbound` says. */
  readonly propagate?: boolean
}

/** A fetch: the host's own, or a binding's. */
export type HostFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Looked up at each call: a test or a polyfill may have replaced it since. */
export const hostFetch: HostFetch = (input, init) => fetch(input, init)

export function tracedFetch<Env>(
  parent: RecordingSpan<Env>,
  config: Config,
  call: HostFetch,
  isBinding: boolean,
  input: string | URL | Request,
  init: RequestInit | undefined,
  options: FetchOptions = {},
): Promise<Response> {
  const { name, attributes: more, propagate } = options
  let span = parent
  let sent = init
  let send = call
  let request: Request | undefined
  try {
    request = typeof input === 'object' && 'url' in input ? input : undefined
    const url = parseUrl(request ? request.url : String(input))
    if (parent.isRecorded()) {
      const attributes = methodAttributes(init?.method ?? request?.method ?? 'GET')
      Object.assign(attributes, url && urlAttributes(url.href, true), more)
      span = parent.startSpan(name ?? methodName(attributes), { kind: SpanKind.CLIENT, attributes })
    }
    const rule = url && propagate === undefined ? config.outbound(isBinding ? 'binding' : url) : EVERYTHING
    const context = permitted(span.propagation(), propagate === false ? NOTHING : rule)
    const headers = new Headers(init?.headers ?? request?.headers)
    const { follow: followHops } = config.outbound
    captured(span, headers)
    const own = followHops && new Headers(headers)
    config.propagator.inject(context, headers)
    sent = withHeaders(init, headers)
    const isFollowed = !isBinding && (init?.redirect ?? request?.redirect ?? 'follow') === 'follow'
    // Where something goes along that not every host may see, the host must not hand it on by itself.
    if (followHops && url && isFollowed && (context.baggage || context.spanContext?.traceState))
      send = (input, init) =>
        followHops(call, input, init!, own!, (headers, to, from) =>
          config.propagator.inject(permitted(span.propagation(), config.outbound(to, from)), headers),
        )
  } catch (error) {
    // A header or URL that the host refuses as well: it says so better than we could.
    config.failed(error)
  }
  if (span === parent) return send(input, sent)
  return follow(send(input, sent), {
    done(response) {
      answered(span as RecordingSpan<unknown>, response as Response, (status) => status >= 400)
      span.end()
    },
    failed(error) {
      // Called off on purpose is no error (semantic conventions, HTTP spans, "Status"); out of time is one.
      const signal = init?.signal ?? request?.signal
      if (signal?.aborted && (error as Error | undefined)?.name !== 'TimeoutError') span.end()
      else span.failed(error)
    },
  })
}

/** `init` with these headers; one whose members are inherited (a class instance) keeps them. */
function withHeaders(init: RequestInit | undefined, headers: Headers): RequestInit {
  const parent: unknown = init && Object.getPrototypeOf(init)
  return parent && parent !== Object.prototype
    ? Object.create(init as object, { headers: { value: headers, enumerable: true } })
    : { ...init, headers }
}
