// In: nothing. Out: bytes of heap that a request leaves behind after collection, by how it ended, over 100,000 requests.
//
//   node --expose-gc heap.ts clew[@/another/checkout] [--requests N]
import { parseArgs } from 'node:util'
import type { InvocationStart, Span } from '../src/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { requests: { type: 'string', default: '100000' } },
})
const requests = Number(values.requests)
const from = positionals[0]?.split('@')[1] ?? new URL('..', import.meta.url).pathname
const { createTracer } = (await import(`${from}/src/index.ts`)) as typeof import('../src/index.ts')

const start: InvocationStart<object> = { name: 'GET', kind: 1, env: {}, keepAlive() {} }
const quiet = { onDrop() {}, onError() {} }
const sends = createTracer<object>({
  service: 'bench',
  exporter: { export: () => Promise.resolve({ ok: true }) },
  ...quiet,
})
const fails = createTracer<object>({
  service: 'bench',
  exporter: { export: () => Promise.resolve({ ok: false, reason: 'network', message: 'refused' }) },
  ...quiet,
})

async function children(span: Span): Promise<void> {
  span.startSpan('a', { attributes: { i: 1 } }).end()
  await span.enterSpan('b', async () => {})
}

const endings: Record<string, () => Promise<unknown>> = {
  success: () => sends.invoke(start, children),
  'thrown handler': () =>
    sends
      .invoke(start, async (span) => {
        await children(span)
        throw new Error('thrown')
      })
      .catch(() => {}),
  'failed export': () => fails.invoke(start, children),
  'span that never ends': () =>
    sends.invoke(start, async (span) => {
      span.startSpan('never')
      await children(span)
    }),
}

async function heapAfter(count: number, request: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < count; i++) {
    await request()
    if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve))
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  gc!()
  gc!()
  return process.memoryUsage().heapUsed
}

const rows: Record<string, number> = {}
for (const [ending, request] of Object.entries(endings)) {
  const before = await heapAfter(requests / 10, request)
  const after = await heapAfter(requests, request)
  rows[`heap/${ending}`] = (after - before) / requests
}
console.log(JSON.stringify({ rows }))
