// Libraries that know nothing of clew run over traced bindings.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LINES, named, type Running, run, tree, worker } from './harness.ts'

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      worker('third-party', 'third-party', {
        bindings: { OTLP_URL: url },
        d1Databases: ['DB'],
        serviceBindings: { SELF: 'third-party' },
      }),
    ])
  })
  afterAll(() => running?.close())
  const get = async (path: string): Promise<unknown> =>
    (await running.miniflare.dispatchFetch(`http://third-party/${path}`)).json()

  it('runs drizzle on D1, batches included', async () => {
    expect(await get('drizzle')).toEqual([[{ id: 1, name: 'a' }], [{ id: 2, name: 'c' }]])
    expect(tree(await running.spans(named('GET')), /batch|rows_written/)).toBe(
      `
SERVER GET
  CLIENT CREATE carts
  CLIENT INSERT "carts" {cloudflare.d1.response.rows_written=2}
  CLIENT BATCH {cloudflare.d1.response.rows_written=1 db.operation.batch.size=2}
  CLIENT DELETE "carts" {cloudflare.d1.response.rows_written=2}`.trim(),
    )
  })

  it('runs an RPC library over a WebSocket of a service binding', async () => {
    expect(await get('capnweb')).toBe(49)
    expect(tree(await running.spans(named('GET', 'GET', 'GET')), /status_code/)).toBe(
      `
SERVER GET {http.response.status_code=200}
  CLIENT GET {http.response.status_code=101}
    SERVER GET {http.response.status_code=101}`.trim(),
    )
  })

  it('runs itty-router, whose handlers tell the route', async () => {
    expect(await get('items/5')).toEqual({ id: '5' })
    expect(tree(await running.spans(named('GET /items/:id')), /route/)).toBe(
      'SERVER GET /items/:id {http.route="/items/:id"}',
    )
  })
})
