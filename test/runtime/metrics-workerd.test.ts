// In: a Worker that counts, in real workerd, with and without `nodejs_compat`. Out: every request is counted once, though
// none is sampled and no invocation may touch another one's timers or promises.
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { expect, test } from 'vitest'
import { Collector, plain } from '../collector.ts'
import { bundle } from '../workerd/workerd.ts'

const source = `
  import { createTracer, otlp } from 'clew'
  import { metrics } from 'clew/metrics'
  import { alwaysOff } from 'clew/sampling'
  import { workers } from 'clew/workers'

  const tracer = createTracer((env) => ({
    service: 'worker',
    exporter: otlp({ url: env.OTLP_URL }),
    sampler: alwaysOff(),
    metrics: metrics({ url: env.OTLP_URL, lingerMs: 200 }),
  }))

  export default workers(tracer, {
    async fetch(request, env, { span }) {
      span.setAttribute('http.route', '/carts/:id')
      await scheduler.wait(5)
      return new Response('ok', { status: request.url.endsWith('/broken') ? 500 : 200 })
    },
  })
`

test.each([[[]], [['nodejs_compat']]])('compatibility flags %j', async (compatibilityFlags) => {
  const collector = await Collector.start()
  const module = { type: 'ESModule' as const, path: '/main.mjs', contents: bundle({ source }) }
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: 'main',
          modulesRoot: '/',
          modules: [module],
          compatibilityDate: '2026-07-28',
          compatibilityFlags,
          bindings: { OTLP_URL: collector.url },
        },
      ],
      cf: false,
    }),
  )
  const ask = async (path: string) => (await worker.dispatchFetch(`http://app.example${path}`)).text()
  const counts = (): Record<string, number> => {
    const all: Record<string, number> = {}
    for (const { histogram } of collector.metrics())
      for (const { attributes, count } of histogram.dataPoints) {
        const of = plain(attributes)
        const key = `${of['http.request.method']} ${of['http.route']} ${of['http.response.status_code']}`
        all[key] = (all[key] ?? 0) + Number(count)
      }
    return all
  }
  try {
    await ask('/carts/1')
    await Promise.all(Array.from({ length: 6 }, (_, i) => ask(i % 3 ? '/carts/2' : '/carts/broken')))
    await ask('/carts/3')
    await expect.poll(counts, { timeout: 5000 }).toEqual({ 'GET /carts/:id 200': 6, 'GET /carts/:id 500': 2 })
    await ask('/carts/4')
    await expect.poll(counts, { timeout: 5000 }).toMatchObject({ 'GET /carts/:id 200': 7 })
    expect(collector.spans()).toEqual([])
    expect(collector.invalid).toEqual([])
    // Eight requests and one later: what is due at once, what one stays for, and the last.
    expect(collector.requests.length).toBeLessThanOrEqual(4)
  } finally {
    await worker.dispose()
    await collector.close()
  }
})
