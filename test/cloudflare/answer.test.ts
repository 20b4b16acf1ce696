// Who waits for the export: not the caller.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DIRECT, directUrl, LINES, type Running, run, worker } from './harness.ts'

/** An exporter that keeps its thread busy for some tenths of a second before it posts. */
const source = `
  import { createTracer, otlp } from 'clew'
  import { workers } from 'clew/workers'
  const tracer = createTracer(({ OTLP_URL: url }) => {
    const { export: send } = otlp({ url })
    const busy = () => {
      for (let n = 0; n < 1e9; n++);
    }
    return { service: 'busy', exporter: { export: (batch, host) => (busy(), send(batch, host)) } }
  })
  export default workers(tracer, { fetch: () => new Response('answer') })`

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, ({ url }) => [worker('busy', { source }, { bindings: { OTLP_URL: url }, ...DIRECT })])
  })
  afterAll(() => running?.close())

  it('answers before it exports', async () => {
    const { collector } = running
    // By a socket of its own: Miniflare's entry runs in the same thread.
    const response = await fetch(await directUrl(running, 'busy'))
    expect(await response.text()).toBe('answer')
    const answeredMs = performance.now()
    await collector.until(() => collector.requests.length > 0)
    // Both would come together if the answer waited.
    expect(performance.now() - answeredMs).toBeGreaterThan(100)
  })
})
