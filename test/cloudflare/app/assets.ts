// A Worker before static assets, the Cache API, and a Pages function as the generated Worker of Pages calls it.
import { createTracer, otlp } from 'clew'
import { allBindings, under } from 'clew/bindings'
import { pages } from 'clew/pages'
import { workers } from 'clew/workers'

interface Env {
  OTLP_URL: string
  KV: KVNamespace
  ASSETS: Fetcher
}

const tracer = createTracer((env: Env) => ({
  service: 'assets',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: allBindings,
}))

const onRequest = pages(tracer, async ({ request, env, span, params, waitUntil }) => {
  span.setAttribute('http.route', '/pages/:id')
  waitUntil(env.KV.put('seen', request.url))
  return Response.json(params)
})

const worker = workers(tracer, {
  async fetch(request: Request, env: Env, { span }) {
    if (new URL(request.url).pathname !== '/cache') return env.ASSETS.fetch(request)
    const cache = under(span, (caches as unknown as { default: Cache }).default, 'default')
    await cache.put('http://cache/x?token=secret', new Response('x', { headers: { 'cache-control': 'max-age=60' } }))
    const hit = await cache.match('http://cache/x?token=secret')
    return Response.json([await hit?.text(), (await cache.match('http://cache/none')) === undefined])
  },
})

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    if (!request.url.endsWith('/pages/7')) return worker.fetch(request, env, ctx)
    const context = { request, env, params: { id: '7' }, data: {}, functionPath: '', next() {} }
    return onRequest({ ...context, waitUntil: ctx.waitUntil.bind(ctx) } as never)
  },
}
