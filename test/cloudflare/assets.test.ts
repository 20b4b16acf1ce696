// Static assets behind a Worker, and the Cache API.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LINES, named, type Running, run, tree, worker } from './harness.ts'

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      worker('assets', 'assets', {
        bindings: { OTLP_URL: url },
        assets: {
          directory: new URL('./app/public', import.meta.url).pathname,
          binding: 'ASSETS',
          routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
        },
      }),
    ])
  })
  afterAll(() => running?.close())
  const get = (path: string) => running.miniflare.dispatchFetch(`http://assets${path}`)

  it('falls through to an asset in a span of its own', async () => {
    const response = await get('/page')
    expect([response.status, await response.text()]).toEqual([200, '<h1>asset</h1>\n'])
    expect(tree(await running.spans(named('GET', 'GET')), /binding|status/)).toBe(
      'SERVER GET {http.response.status_code=200}\n  CLIENT GET {cloudflare.binding.type="service" http.response.status_code=200}',
    )
    expect((await get('/nowhere')).status).toBe(404)
    await running.spans(named('GET', 'GET'))
  })

  it('traces the Cache API where it is asked to', async () => {
    expect(await (await get('/cache')).json()).toEqual(['x', true])
    expect(tree(await running.spans(named('GET')), /cache|url\.full/)).toBe(
      `
SERVER GET
  CLIENT put default {url.full="http://cache/x?token=REDACTED"}
  CLIENT match default {cloudflare.cache.hit=true url.full="http://cache/x?token=REDACTED"}
  CLIENT match default {cloudflare.cache.hit=false url.full="http://cache/none"}`.trim(),
    )
  })
})
