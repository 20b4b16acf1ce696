// In: a request and the response to it, on any host. Out: what they say of a SERVER span (HTTP conventions, 1.44, stable).
// Must stay true: a file of its own, so that hosts other than Cloudflare carry nothing of its streams; the request's body is
// never read.
import { type AttributeValue, StatusCode } from '../flush/model.ts'
import { answered, methodAttributes, methodName, urlAttributes } from './http.ts'
import type { RecordingSpan } from './recording-span.ts'

/** What a request says of itself (semantic conventions 1.44, HTTP spans). */
// `request.cf` knows the colo and the protocol too: to read it costs a Worker 10 µs, where a header costs half of one. So
// the colo is taken from the ray's id, and the protocol's version is left to who wants it.
export function requestAttributes({ headers, method, url }: Request): Record<string, AttributeValue> {
  const attributes = Object.assign(methodAttributes(method), urlAttributes(url, false))
  const agent = headers.get('user-agent')
  if (agent) attributes['user_agent.original'] = agent
  const ray = headers.get('cf-ray')
  if (ray) {
    attributes['cloudflare.ray_id'] = ray
    const [, colo] = ray.split('-')
    if (colo) attributes['cloudflare.colo'] = colo
  }
  return attributes
}

/** Writes onto the span what the response says; the response to send. */
export function responded(response: Response & { webSocket?: unknown }, span: RecordingSpan<unknown>): Response {
  const { responseHeaders } = span.config
  if (responseHeaders && !response.webSocket) {
    // A copy: the headers of a response from elsewhere cannot be changed.
    response = new Response(response.body, response)
    responseHeaders(response.headers, span.spanContext())
  }
  if (!span.isRecording()) return response
  // What the app said of an error itself says more than the number.
  answered(span, response, (status) => status >= 500 && span.record.statusCode !== StatusCode.ERROR)
  // A route that the app found out names the span, unless the app named it itself.
  const { attributes, name } = span.record
  const method = methodName(attributes)
  if (attributes['http.route'] && name === method) span.updateName(`${method} ${attributes['http.route']}`)
  return response
}
