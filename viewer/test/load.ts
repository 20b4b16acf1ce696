// In: how many spans to send (default 1,000,000). Out: what ingest, memory and the questions of a person cost.
// Run with `npm run load -w viewer [-- COUNT]`. It sends to a viewer of its own on this machine, and stops by itself.
import { fork } from 'node:child_process'
import { formatBytes, formatCount } from '../src/analysis/format.ts'
import { chromiumPath, launch } from './browser.ts'
import { checkout, seeded } from './checkout.ts'

const COUNT = Number(process.argv[2] ?? 1_000_000)
/** Traces of one request: as a Collector would batch them. */
const TRACES_A_BODY = 40
/** Different bodies; ids are made anew for each request, cheaply. */
const BODIES = 12
const CONCURRENT = 4

const percentile = (values: number[], p: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))]!
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`

interface Ready {
  readonly url: string
}

/** The viewer runs in a process of its own, so that its memory is its own. */
if (process.argv[2] === 'serve') {
  const { startViewer } = await import('../src/viewer.ts')
  const viewer = await startViewer({ port: 0, maxSpans: 1_200_000, maxBytes: 4 * 1024 ** 3 })
  process.send!({ url: viewer.url } satisfies Ready)
  process.on('message', (question) => {
    if (question === 'memory') process.send!(process.memoryUsage())
  })
  process.once('disconnect', () => process.exit())
} else {
  const child = fork(new URL(import.meta.url), ['serve'], { execArgv: [] })
  const message = <T>(question?: string): Promise<T> =>
    new Promise((resolve) => {
      child.once('message', (answer) => resolve(answer as T))
      if (question !== undefined) child.send(question)
    })
  const started = performance.now()
  const { url } = await message<Ready>()
  console.log(`start                 ${ms(performance.now() - started)} to listening, Node included`)

  // Sending a body fills in fresh ids; building the text anew would measure the sender.
  const random = seeded(11)
  const now = Date.now()
  const bodies = Array.from({ length: BODIES }, (_, body) => {
    const traces = Array.from({ length: TRACES_A_BODY }, (_, i) =>
      checkout(
        random() < 0.9 ? 'normal' : random() < 0.5 ? 'slow-inventory' : 'payment-timeout',
        now - 3_000_000,
        seeded(body * 1000 + i),
      ),
    )
    const text = JSON.stringify({
      resourceSpans: traces.flatMap((trace) =>
        trace.traces.flatMap((part) => (part as { resourceSpans: object[] }).resourceSpans),
      ),
    })
    return { text, spans: traces.reduce((sum, trace) => sum + trace.spans, 0) }
  })
  let serial = 0
  const fresh = (text: string): string => {
    const prefix = (++serial).toString(16).padStart(8, '0')
    return text.replace(/"traceId":"[0-9a-f]{8}/g, `"traceId":"${prefix}`)
  }

  let sent = 0
  const slow: number[] = []
  const sendOne = async (): Promise<void> => {
    const { text, spans } = bodies[serial % BODIES]!
    const body = fresh(text)
    const from = performance.now()
    const response = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`the viewer answered ${response.status}`)
    slow.push(performance.now() - from)
    sent += spans
  }
  const began = performance.now()
  // The page itself, open and live, where there is a Chromium; and its question, timed.
  const browser = chromiumPath === undefined ? undefined : await launch()
  await (await browser?.newPage())?.goto(url)
  let watching = true
  const looks: number[] = []
  const page = (async () => {
    while (watching) {
      const from = performance.now()
      await (await fetch(`${url}/api/search?q=&limit=500`)).arrayBuffer()
      looks.push(performance.now() - from)
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  })()
  await Promise.all(
    Array.from({ length: CONCURRENT }, async () => {
      while (sent < COUNT) await sendOne()
    }),
  )
  const seconds = (performance.now() - began) / 1000
  watching = false
  await page
  await browser?.close()
  const memory = await message<NodeJS.MemoryUsage>('memory')
  const status = (await (await fetch(`${url}/api/status`)).json()) as {
    kept: { spans: number; traces: number; bytes: number }
  }
  console.log(
    `ingest                ${formatCount(Math.round(sent / seconds))} spans/s over ${seconds.toFixed(1)} s, JSON, sender${browser === undefined ? '' : ' and Chromium with the page'} on the same cores`,
  )
  console.log(
    `  a request           p50 ${ms(percentile(slow, 0.5))}, p99 ${ms(percentile(slow, 0.99))} (${Math.round(sent / slow.length)} spans each)`,
  )
  console.log(`  the page's list     p50 ${ms(percentile(looks, 0.5))}, p99 ${ms(percentile(looks, 0.99))} meanwhile`)
  console.log(
    `kept                  ${formatCount(status.kept.spans)} spans, ${formatCount(status.kept.traces)} traces, database ${formatBytes(status.kept.bytes)}`,
  )
  console.log(
    `memory                resident ${formatBytes(memory.rss)}, JavaScript heap ${formatBytes(memory.heapUsed)}`,
  )

  const questions: readonly (readonly [string, string])[] = [
    ['the list', '/api/search?q='],
    ['status = ERROR', `/api/search?q=${encodeURIComponent('status = ERROR')}`],
    ['an attribute', `/api/search?q=${encodeURIComponent('http.route = "/charge" AND duration > 2s')}`],
    ['a rare attribute', `/api/search?q=${encodeURIComponent('order.id = "order-1"')}`],
    ['text anywhere', `/api/search?q=${encodeURIComponent('"no such words"')}`],
    [
      'in different spans',
      `/api/search?q=${encodeURIComponent('service.name = payment AND status = ERROR AND http.route = "/checkout"')}`,
    ],
    ['services and routes', '/api/operations'],
    ['errors in groups', '/api/errors'],
    ['the map', '/api/map'],
  ]
  for (const [name, path] of questions) {
    const took: number[] = []
    for (let i = 0; i < 3; i++) {
      const from = performance.now()
      await (await fetch(url + path)).arrayBuffer()
      took.push(performance.now() - from)
    }
    console.log(`${name.padEnd(22)}${ms(percentile(took, 0.5))}`)
  }
  child.disconnect()
}
