// In: methods, URLs and answers. Out: span names and attributes of the HTTP semantic conventions (1.44, stable).
// Must stay true: names have low cardinality: a route when one is known, never a path; secrets are taken out of URLs.
import { type AttributeValue, StatusCode } from '../flush/model.ts'
import type { HeaderValues } from './privacy/headers.ts'
import type { RecordingSpan } from './recording-span.ts'
import { redactUrl } from './redact.ts'

export { parseUrl } from '../propagate/url.ts'

/** The methods of RFC 9110, RFC 5789 and QUERY; anything else is `_OTHER`. */
const KNOWN = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY)$/
/** The methods that fetch itself writes in upper case (Fetch standard, "normalize a method"). */
const NORMALIZED = /^(get|head|post|put|delete|options)$/i

/** `http.request.method` and, for a method nobody knows, `http.request.method_original`. */
export function methodAttributes(given: string): Record<string, AttributeValue> {
  const method = NORMALIZED.test(given) ? given.toUpperCase() : given
  return KNOWN.test(method)
    ? { 'http.request.method': method }
    : { 'http.request.method': '_OTHER', 'http.request.method_original': method }
}

/** `GET`, or `HTTP` where the method is unknown (semantic conventions, HTTP spans, "Name"). */
export function methodName(attributes: Readonly<Record<string, AttributeValue>>): string {
  const method = attributes['http.request.method']
  return method === '_OTHER' ? 'HTTP' : String(method)
}

/** A URL as hosts write it, without its credentials: scheme, host, port, path and query. Each getter of a URL is a call into the host. */
const PARTS = /^(\w+):\/\/(?:[^/@]*@)?(\[.*?\]|[^:/]+)(?::(\d+))?([^?#]*)(?:\?([^#]*))?/

/** What a client (`isClient`) or a server says of the URL that is called, given as the host writes it. */
export function urlAttributes(href: string, isClient: boolean): Record<string, AttributeValue> {
  const [, scheme, host, port, path, query] = PARTS.exec(href) ?? []
  if (!host) return {}
  const attributes: Record<string, AttributeValue> = {
    'server.address': host,
    'server.port': port ? +port : scheme === 'http' ? 80 : 443,
  }
  if (isClient) attributes['url.full'] = redactUrl(href)
  else {
    attributes['url.scheme'] = scheme
    attributes['url.path'] = path
    if (query) attributes['url.query'] = redactUrl(`?${query}`).slice(1)
  }
  return attributes
}

/** Records the headers that somebody asked for by name: those of a request when it begins, those of its answer later. */
export function captured<Env>(span: RecordingSpan<Env>, request?: HeaderValues, response?: HeaderValues): void {
  const { attempt, headers } = span.config
  if (headers) span.setAttributes(attempt(() => headers(request, response), {}))
}

/** Writes what was answered: the status, and the headers that somebody asked for by name. */
export function answered(
  span: RecordingSpan<unknown>,
  { headers, status }: Response,
  isError: (status: number) => boolean,
): void {
  span.setAttribute('http.response.status_code', status)
  captured(span, undefined, headers)
  if (isError(status)) span.setAttribute('error.type', String(status)).setStatus({ code: StatusCode.ERROR })
}
