// In: names of Workers. Out: on standard output, samples of what a request of each costs in workerd, as JSON.
// Must stay true: CPU time is the workerd process's own, from the kernel's accounting; the Workers take turns, each in a
// process of its own; what was posted is decoded and compared before the load begins; the bare POST is as large as clew's.
//
//   node load.ts WORKER,WORKER… [--bursts N] [--slices N]
import { execFileSync, spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { type DecodedTraces, decodeTraces } from '../test/otlp-decode.ts'
import { cpuMs, quartiles, residentBytes } from './accounting.ts'
import { type Client, client } from './client.ts'
import { CHILD_NAME } from './peer.ts'
import { type Bench, startWorker, withWorkerd } from './workerd.ts'

/** These post no OTLP: nothing, or filler. */
const UNTRACED = ['plain', 'post', 'clew-unsampled', 'clew-tail-dropped']
/** Requests before anything is counted: V8 has optimised by then, connections are open. */
const WARM_UP = 3_000
/** Requests of a burst whose CPU time is read. */
const BURST = 400
const CONNECTIONS = 16

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { slices: { type: 'string', default: '2' }, bursts: { type: 'string', default: '18' } },
})

if (spawnSync('wrk', ['-v']).error) {
  console.error('wrk is missing: apt-get install wrk (or your system’s package of it), then run this again')
  process.exit(1)
}

interface Worker {
  readonly name: string
  readonly pid: number
  readonly url: string
  readonly connected: Client
  readonly rows: Record<string, number[]>
}

const found = await withWorkerd(async (bench) => {
  const outside = `http://127.0.0.1:${await bench.outside()}`
  const stats = async (): Promise<Stats> => (await fetch(`${outside}/stats`)).json() as never
  const names = positionals[0]!.split(',')
  const bytes = names.includes('post') ? await bytesOfClew(bench, outside, stats) : 0
  const workers: Worker[] = []
  for (const name of names) {
    const { pid, port } = await startWorker(bench, name, outside, bytes)
    const url = `http://127.0.0.1:${port}/carts/42`
    await answer(url)
    await settled(150)
    compare(name, await stats())
    workers.push({ name, pid, url, connected: await client(port, CONNECTIONS), rows: {} })
  }
  for (const { connected } of workers) await connected.burst(WARM_UP)
  await cpu(workers, stats)
  for (const { connected } of workers) connected.close()
  for (let slice = 0; slice < Number(values.slices); slice++)
    for (let i = 0; i < workers.length; i++) {
      const worker = workers[(i + slice * 5) % workers.length]!
      const busy = wrk(worker.url, CONNECTIONS)
      put(worker, 'requests per second', busy.perSecond)
      put(worker, 'p99 under load, ms', busy.p99)
      await settled(150)
      // Latency means most where nobody waits for a turn: one connection.
      const calm = wrk(worker.url, 1)
      put(worker, 'p50 alone, ms', calm.p50)
      put(worker, 'p99 alone, ms', calm.p99)
      put(worker, 'resident, MB', residentBytes(worker.pid) / 1e6)
    }
  return workers
})
const of = (worker: string, row: string): number[] | undefined => found.find(({ name }) => name === worker)?.rows[row]
for (const row of ['load/posts a request', 'load/bytes posted a request']) {
  const [ours, bare] = [of('clew', row), of('post', row)].map((all) => all?.reduce((a, b) => a + b, 0))
  if (ours && bare && Math.abs(ours / bare - 1) > 0.02) throw new Error(`${row}: clew ${ours}, the bare POST ${bare}`)
}
console.log(JSON.stringify({ rows: Object.fromEntries(found.map(({ name, rows }) => [name, rows])) }))
process.exit(0)

interface Stats {
  readonly gets: number
  readonly posts: number
  readonly bytes: number
  readonly type: string
  readonly head: string
  readonly last: string
}

/** Bytes of a body of clew's, when its isolate is warm: the first says that it is. */
async function bytesOfClew(bench: Bench, outside: string, stats: () => Promise<Stats>): Promise<number> {
  const { port } = await startWorker(bench, 'clew', outside)
  // As wrk asks: what a client says of itself is in the spans.
  const { burst, close } = await client(port, 1)
  await burst(100)
  await settled(150)
  await stats()
  await burst(100)
  await settled(150)
  close()
  return Math.round((await stats()).bytes / 100)
}

async function answer(url: string): Promise<void> {
  const response = await fetch(url)
  if (response.status !== 200 || (await response.text()) !== '{"price":12}')
    throw new Error(`${url}: ${response.status}`)
}

/** What `waitUntil` still does has been done. */
function settled(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/**
 * CPU time, in bursts so short that some of them have the machine to themselves: of a third of a run's bursts the lower
 * quartile counts. The first requests of a burst bring back what others have pushed out of the machine's caches, uncounted.
 */
async function cpu(workers: readonly Worker[], stats: () => Promise<Stats>): Promise<void> {
  const thirds = Math.max(1, Math.floor(Number(values.bursts) / 3))
  for (let third = 0; third < 3; third++) {
    const seen = new Map(workers.map((worker): [Worker, number[]] => [worker, []]))
    for (let burst = 0; burst < thirds; burst++)
      for (let i = 0; i < workers.length; i++) {
        const worker = workers[(i + burst * 5) % workers.length]!
        await worker.connected.burst(100)
        await settled(40)
        await stats()
        const before = cpuMs(worker.pid)
        await worker.connected.burst(BURST)
        await settled(40)
        seen.get(worker)!.push(((cpuMs(worker.pid) - before) * 1000) / BURST)
        const { posts, bytes } = await stats()
        put(worker, 'posts a request', posts / BURST)
        put(worker, 'bytes posted a request', bytes / BURST)
      }
    for (const [worker, all] of seen) put(worker, 'CPU a request, µs', quartiles(all)[0])
  }
}

function put({ rows }: Worker, row: string, value: number): void {
  ;(rows[`load/${row}`] ??= []).push(value)
}

function compare(worker: string, { posts, type, head, last }: Stats): void {
  if (UNTRACED.includes(worker)) {
    if (posts !== (worker === 'post' ? 1 : 0)) throw new Error(`${worker}: ${posts} posts`)
    return
  }
  const sent = Buffer.from(last, 'base64')
  const body = /\r\ncontent-encoding: *gzip/i.test(head) ? gunzipSync(sent) : sent
  const names = worker === 'sentry' ? envelope(body) : otlp(type, body)
  const children = names.filter(({ name, attributes }) => name === CHILD_NAME && attributes >= 5)
  if (posts !== 1 || children.length !== 5 || names.length < 7)
    throw new Error(`${worker}: ${posts} posts, ${names.length} spans, ${children.length} of them whole children`)
}

type Seen = { readonly name: string; readonly attributes: number }[]

function otlp(type: string, body: Buffer): Seen {
  // Not every library writes 64-bit integers as strings: for JSON the judge is JSON.parse.
  const sent = type.includes('json') ? (JSON.parse(body.toString()) as DecodedTraces) : decodeTraces(type, body)
  return sent.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name, attributes }) => ({ name, attributes: attributes.length }))),
  )
}

/** Sentry's own format: lines of JSON, of which one has the spans. */
function envelope(body: Buffer): Seen {
  const lines = body.toString().trim().split('\n')
  const { items } = lines.map((line) => JSON.parse(line)).find((line) => line.items) as {
    items: { name: string; attributes: object }[]
  }
  return items.map(({ name, attributes }) => ({ name, attributes: Object.keys(attributes).length }))
}

/** A second of load. */
function wrk(url: string, connections: number): { perSecond: number; p50: number; p99: number } {
  const args = ['-t1', `-c${connections}`, '-d1s', '--latency', url]
  const report = execFileSync('wrk', args, { encoding: 'utf8' })
  if (/Non-2xx/.test(report)) throw new Error(`${url}: ${report}`)
  const latency = (percentile: string): number => {
    const [, value, unit] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(report)!
    return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's']
  }
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(report)![1])
  return { perSecond, p50: latency('50%'), p99: latency('99%') }
}
