// The Worker that answers "hello", traced by the floor.
import { FloorSpan, floorJson, Trace } from '../floor/floor.ts'

export default {
  fetch(request: Request, env: { OTLP_URL: string }, ctx: { waitUntil(promise: Promise<unknown>): void }): Response {
    const trace = new Trace(true)
    const span = new FloorSpan(trace, undefined, request.method, 1, { 'http.request.method': request.method })
    span.end()
    ctx.waitUntil(fetch(env.OTLP_URL, { method: 'POST', body: floorJson(trace) }))
    return new Response('hello')
  },
}
