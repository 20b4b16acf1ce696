// What an isolate keeps of the requests it has answered: nothing, whatever became of them.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createTracer, type Exporter } from 'clew'
import { allBindings } from 'clew/bindings'
import { errors, traceIdRatio } from 'clew/sampling'
import { workers } from 'clew/workers'
import { expect, it } from 'vitest'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const heapAfter = async (requests: number, request: (n: number) => Promise<unknown>): Promise<number> => {
  for (let n = 0; n < requests; n++) await request(n)
  await new Promise((resolve) => setTimeout(resolve, 10))
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it.each<[string, Exporter]>([
  ['has arrived', { export: async () => ({ ok: true }) }],
  ['was refused', { export: async (batch) => ({ ok: false, unsent: batch, message: 'refused on purpose' }) as never }],
])('keeps nothing of a trace that %s', async (_, exporter) => {
  const tracer = createTracer({
    service: 'leak',
    exporter,
    bindings: allBindings,
    sampler: traceIdRatio(0.5),
    tailSampler: errors(),
    onDrop() {},
  })
  const worker = workers(tracer, {
    async fetch(request: Request, _env: object, { span }) {
      span.waitUntil(span.enterSpan('background', async () => {}))
      await span.enterSpan('work', async (span) => span.setAttribute('n', request.url))
      if (request.url.endsWith('7')) throw new Error('failed on purpose')
      return new Response('ok')
    },
  })
  const request = async (n: number): Promise<void> => {
    const pending: Promise<unknown>[] = []
    const ctx = {
      waitUntil: (promise: Promise<unknown>) => pending.push(promise),
      passThroughOnException() {},
      props: {},
    }
    // Traces of many callers, and one caller whose trace comes again and again.
    const traceId = n % 2 ? n.toString(16).padStart(32, '1') : '0af7651916cd43dd8448eb211c80319c'
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    await Promise.resolve(worker.fetch(new Request(`http://leak/${n}`, { headers }), {}, ctx as never)).catch(() => {})
    await Promise.all(pending)
  }
  // A reading is off by some 100 kB, up or down: the least of several is what is really kept.
  const least = async (readings: number): Promise<number> => {
    const read: number[] = []
    for (let reading = 0; reading < readings; reading++) read.push(await heapAfter(2_000, request))
    return Math.min(...read)
  }
  const before = await least(4)
  const after = await least(6)
  // A string of 20 characters for each of the 12,000 requests would be 480 kB.
  expect(after - before).toBeLessThan(200_000)
})
