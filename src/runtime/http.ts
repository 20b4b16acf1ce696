// In: methods, URLs and status codes. Out: span names and attributes of the HTTP semantic conventions (1.44, stable).
// Must stay true: names have low cardinality: a route when one is known, never a path.
import type { AttributeValue } from '../flush/model.ts'
import { redactUrl } from './redact.ts'

/** The methods of RFC 9110, RFC 5789 and QUERY; anything else is `_OTHER`. */
const KNOWN = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY)$/
/** The methods that fetch itself writes in upper case (Fetch standard, "normalize a method"). */
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i

/** `http.request.method` and, for a method nobody knows, `http.request.method_original`. */
export function methodAttributes(given: string): Record<string, AttributeValue> {
  const method = NORMALIZED.test(given) ? given.toUpperCase() : given
  return KNOWN.test(method)
    ? { 'http.request.method': method }
    : { 'http.request.method': '_OTHER', 'http.request.method_original': method }
}

/** `GET`, or `HTTP` where the method is unknown (semantic conventions, HTTP spans, "Name"). */
export function methodName(attributes: Record<string, AttributeValue>): string {
  const method = attributes['http.request.method']
  return method === '_OTHER' ? 'HTTP' : String(method)
}

/** What a client says of the URL it calls. Empty for a URL that cannot be parsed. */
export function clientUrlAttributes(url: string): Record<string, AttributeValue> {
  const parsed = parse(url)
  return parsed ? { 'url.full': redactUrl(url), 'server.address': parsed.hostname, 'server.port': portOf(parsed) } : {}
}

/** What a server says of the URL it was called by. */
export function serverUrlAttributes(url: string): Record<string, AttributeValue> {
  const parsed = parse(url)
  if (!parsed) return {}
  const attributes: Record<string, AttributeValue> = {
    'url.scheme': parsed.protocol.slice(0, -1),
    'url.path': parsed.pathname,
    'server.address': parsed.hostname,
    'server.port': portOf(parsed),
  }
  if (parsed.search) attributes['url.query'] = redactUrl(parsed.search).slice(1)
  return attributes
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    // Relative or broken: what is wrong with it is between the caller and the host.
    return undefined
  }
}

function portOf({ port, protocol }: URL): number {
  return port ? Number(port) : protocol === 'http:' ? 80 : 443
}
