// In: methods and URLs. Out: span names and attributes of the HTTP semantic conventions (1.44, stable).
// Must stay true: names have low cardinality: a route when one is known, never a path; secrets are taken out of URLs.
import type { AttributeValue } from '../flush/model.ts'
import { redactUrl } from './redact.ts'

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

/** Nothing for what is relative or broken: what is wrong with it is between the caller and the host. */
export function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

/** What a client (`isClient`) or a server says of the URL that is called. */
export function urlAttributes(url: URL | undefined, isClient: boolean): Record<string, AttributeValue> {
  if (!url) return {}
  const { href, protocol, hostname, port, pathname, search } = url
  const attributes: Record<string, AttributeValue> = {
    'server.address': hostname,
    'server.port': +port || (protocol === 'http:' ? 80 : 443),
  }
  if (isClient) attributes['url.full'] = redactUrl(href)
  else {
    attributes['url.scheme'] = protocol.slice(0, -1)
    attributes['url.path'] = pathname
    if (search) attributes['url.query'] = redactUrl(search).slice(1)
  }
  return attributes
}
