// In: a request and the response to it. Out: a SERVER span of the HTTP conventions (1.44, stable).
// Must stay true: the response, its body, headers and errors reach the runtime as the handler made them; the request's
// body is never read.
import { type AttributeValue, SpanKind, StatusCode } from '../flush/model.ts'
import type { EventKind } from './event.ts'
import { methodAttributes, methodName, parseUrl, urlAttributes } from './http.ts'
import { untilBodyEnds } from './response.ts'

export const fetchEvent: EventKind<readonly [Request]> = {
  type: 'fetch',
  trigger: 'http',
  kind: SpanKind.SERVER,
  describe(request) {
    const attributes = requestAttributes(request)
    return { name: methodName(attributes), attributes, carrier: request.headers }
  },
  leave(response: Response & { webSocket?: unknown }, span, lifetime, request) {
    const { responseHeaders } = span.config
    if (responseHeaders && !response.webSocket) {
      // A copy: the headers of a response from elsewhere cannot be changed.
      response = new Response(response.body, response)
      responseHeaders(response.headers, span.spanContext())
    }
    if (!span.isRecording()) return response
    const { status, headers } = response
    span.setAttribute('http.response.status_code', status)
    span.captureHeaders(request.headers, headers)
    // What the app said of an error itself says more than the number.
    if (status >= 500 && span.record.statusCode !== StatusCode.ERROR)
      span.setAttribute('error.type', String(status)).setStatus({ code: StatusCode.ERROR })
    // A route that the app found out names the span, unless the app named it itself.
    const { attributes, name } = span.record
    const method = methodName(attributes)
    if (attributes['http.route'] && name === method) span.updateName(`${method} ${attributes['http.route']}`)
    return untilBodyEnds(response, request, span, lifetime)
  },
}

function requestAttributes(request: Request & { cf?: Record<string, unknown> }): Record<string, AttributeValue> {
  const { cf, headers, method, url } = request
  const attributes = Object.assign(methodAttributes(method), urlAttributes(parseUrl(url), false))
  const put = (key: string, value: unknown): void => {
    if (typeof value === 'string' && value) attributes[key] = value
  }
  put('user_agent.original', headers.get('user-agent'))
  put('cloudflare.ray_id', headers.get('cf-ray'))
  put('cloudflare.colo', cf?.['colo'])
  // `HTTP/2` there, `2` in the conventions.
  put('network.protocol.version', /\d.*/.exec(String(cf?.['httpProtocol'] ?? ''))?.[0])
  return attributes
}
