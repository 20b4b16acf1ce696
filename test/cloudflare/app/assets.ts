// A Worker before static assets, and the Cache API.
import { createTracer, otlp } from 'clew'
import { allBindings, under } from 'clew/bindings'
import { workers } from 'clew/workers'

interface Env {
  OTLP_URL: string
  ASSETS: Fetcher
}

const tracer = createTracer((env: Env) => ({
  service: 'assets',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: allBindings,
}))

export default workers(tracer, {
  async fetch(request: Request, env: Env, { span }) {
    if (new URL(request.url).pathname !== '/cache') return env.ASSETS.fetch(request)
    const cache = under(span, (caches as unknown as { default: Cache }).default, 'default')
    await cache.put('http://cache/x?token=secret', new Response('x', { headers: { 'cache-control': 'max-age=60' } }))
    const hit = await cache.match('http://cache/x?token=secret')
    return Response.json([await hit?.text(), (await cache.match('http://cache/none')) === undefined])
  },
})
