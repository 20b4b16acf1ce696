import { FloorSpan, floorJson, Trace } from '../floor/floor.ts'
import { CHILD_NAME, CHILDREN, type Env, five } from './work.ts'

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    const trace = new Trace(true)
    const url = new URL(request.url)
    const span = new FloorSpan(trace, undefined, request.method, 1, {
      'http.request.method': request.method,
      'url.path': url.pathname,
      'url.scheme': url.protocol.slice(0, -1),
      'server.address': url.hostname,
      'server.port': Number(url.port),
      'faas.trigger': 'http',
    })
    for (let i = 0; i < CHILDREN; i++) span.startSpan(CHILD_NAME, 2, five(i)).end()
    const call = span.startSpan('GET', 2, { 'http.request.method': 'GET', 'url.full': env.UPSTREAM })
    const upstream = await fetch(env.UPSTREAM, { headers: { traceparent: call.traceparent() } })
    call.setAttribute('http.response.status_code', upstream.status)
    call.end()
    const response = new Response(await upstream.text())
    span.setAttribute('http.response.status_code', 200)
    span.end()
    ctx.waitUntil(
      fetch(env.OTLP, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: floorJson(trace),
      }).then((answer) => answer.arrayBuffer()),
    )
    return response
  },
}
