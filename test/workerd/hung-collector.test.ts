// A collector that takes the connection and never answers.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle, LINES, start } from './workerd.ts'

/** For each connection that was used, how long it stayed open. */
const opened: Promise<number>[] = []
const server = createServer((socket: Socket) => {
  socket.on('error', () => {})
  socket.once('data', () => {
    const begunMs = Date.now()
    opened.push(once(socket, 'close').then(() => Date.now() - begunMs))
  })
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

test.each(LINES)('is left at the deadline, and its connection with it: workerd %s', async (line) => {
  const { port } = server.address() as { port: number }
  const source = `
    import { createTracer, otlp } from 'clew'
    import { workers } from 'clew/workers'
    const tracer = createTracer((env) => ({
      service: 'hung', exporter: otlp({ url: env.COLLECTOR, timeoutMs: 400 }), onDrop() {},
    }))
    export default workers(tracer, { fetch: () => new Response('hello') })`
  const running = await start(line, bundle({ source }), { COLLECTOR: `http://127.0.0.1:${port}` })
  try {
    expect(await (await running.dispatchFetch('http://main/')).text()).toBe('hello')
    await expect.poll(() => opened.length).toBeGreaterThan(0)
    const lastedMs = await opened.pop()!
    expect(lastedMs).toBeGreaterThan(200)
    expect(lastedMs).toBeLessThan(4000)
  } finally {
    await running.dispose()
  }
})
