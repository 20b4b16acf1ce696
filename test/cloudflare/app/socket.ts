// A Worker that serves a socket itself.
import { createTracer, otlp } from 'clew'
import { kv } from 'clew/bindings'
import { listen, workers } from 'clew/workers'

interface Env {
  OTLP_URL: string
  KV: KVNamespace
}

const tracer = createTracer((env: Env) => ({
  service: 'socket',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: [kv],
}))

export default workers(tracer, {
  fetch(_request: Request, _env: Env, ctx) {
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    listen(tracer, ctx, server, {
      async message(span, data) {
        await span.env.KV.get('x')
        server.send(`echo ${data}`)
      },
      close: () => server.close(),
      error: (span, error) => span.setAttribute('said', String(error)),
    })
    return new Response(null, { status: 101, webSocket: client })
  },
})
