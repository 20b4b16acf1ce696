// In: a request as Cloudflare delivers it, and the response to it. Out: an invocation whose root is its SERVER span.
// Must stay true: the response, its body, headers and errors reach the runtime as the handler made them; the request's
// body is never read.
import { SpanKind } from '../../flush/model.ts'
import { methodAttributes, methodName } from '../http.ts'
import { requestAttributes, responded } from '../server.ts'
import type { EventKind } from './event.ts'
import { untilBodyEnds } from './response.ts'

export const fetchEvent: EventKind<readonly [Request]> = {
  type: 'fetch',
  trigger: 'http',
  kind: SpanKind.SERVER,
  describe(request) {
    const { headers, method } = request
    return {
      name: methodName(methodAttributes(method)),
      attributes() {
        return requestAttributes(request)
      },
      carrier: headers,
    }
  },
  leave: (response: Response, span, lifetime, request) =>
    untilBodyEnds(responded(response, span), request, span, lifetime),
}
