// In: a response that may redirect, and the request it answers. Out: the request that follows, as the Fetch standard has it.
// Must stay true: hosts that follow by themselves hand every header of ours to the new origin; whoever follows by this
// function decides again what goes along (`outbound`, with `from`).
import { parseUrl } from './url.ts'

/** The request that a redirect asks for. */
export interface Redirect {
  readonly url: URL
  readonly method: string
  /** False: the request goes on without its body, and without the headers in `BODY_HEADERS`. */
  readonly keepsBody: boolean
  /** True: another origin, which must not see `authorization` either. */
  readonly crossesOrigin: boolean
}

/** A fetch that does not follow redirects when it is told not to. */
export type Send = (input: string | URL | Request, init: RequestInit) => Promise<Response>

/** Writes what may go to `to` when `from` redirected there. */
export type InjectOnRedirect = (headers: Headers, to: URL, from: URL) => void

/**
 * Fetches as the host would with `redirect: 'follow'`, but decides at each redirect again what of the trace goes along.
 * `init.headers` are the caller's own with what goes to the first URL; `own` are the caller's alone.
 */
export async function followRedirects(
  send: Send,
  input: string | URL | Request,
  init: RequestInit,
  own: Headers,
  inject: InjectOnRedirect,
): Promise<Response> {
  const request = typeof input === 'object' && 'url' in input ? input : undefined
  let at = new URL(request ? request.url : String(input))
  let method = (init.method ?? request?.method ?? 'GET').toUpperCase()
  let body = init.body ?? request?.body
  const signal = init.signal ?? request?.signal
  let response = await send(input, { ...init, redirect: 'manual' })
  for (let hops = 0; ; hops++) {
    const next = redirectOf(response, at, method)
    if (!next) break
    if (hops === MAX_REDIRECTS) throw new TypeError('Too many redirects')
    await response.body?.cancel()
    if (!next.keepsBody) {
      body = undefined
      for (const name of BODY_HEADERS) own.delete(name)
    }
    if (next.crossesOrigin) own.delete('authorization')
    const headers = new Headers(own)
    inject(headers, next.url, at)
    method = next.method
    at = next.url
    response = await send(at.href, {
      ...init,
      method,
      headers,
      redirect: 'manual',
      ...(signal && { signal }),
      body: body ?? null,
    })
    Object.defineProperty(response, 'redirected', { value: true })
  }
  return response
}

/** Redirects in a row after which a fetch fails (Fetch standard, "HTTP-redirect fetch", step 8). */
export const MAX_REDIRECTS = 20

/** What a request loses together with its body (Fetch standard, "request-body-header name"), and its length. */
export const BODY_HEADERS: readonly string[] = [
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
]

/**
 * Where a response redirects to, or nothing when it does not: another status, no `Location`, or one that is no URL of
 * HTTP. `from` is the URL that answered, `method` the request's.
 */
export function redirectOf(
  response: { readonly status: number; readonly headers: { get(name: string): string | null } },
  from: URL,
  method: string,
): Redirect | undefined {
  const { status, headers } = response
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  const location = headers.get('location')
  const url = location === null ? undefined : parseUrl(location, from.href)
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  if (url.hash === '') url.hash = from.hash
  const becomesGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST'
  return {
    url,
    method: becomesGet ? 'GET' : method,
    keepsBody: !becomesGet,
    crossesOrigin: url.origin !== from.origin,
  }
}
