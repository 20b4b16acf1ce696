// In: the name of a Worker. Out: on standard output, what a request of it costs in workerd under load, as JSON.
// Must stay true: CPU time is the workerd process's own, from the kernel's accounting; one process a Worker a round;
// what was posted is decoded and compared before the load begins.
//
//   node load.ts WORKER [--seconds N] [--connections N] [--post-bytes N]
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type DecodedTraces, decodeTraces } from '../test/otlp-decode.ts'
import { CHILD_NAME } from './peer.ts'
import { bundleWorker, withWorkerd } from './workerd.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '16' },
    'post-bytes': { type: 'string', default: '3400' },
  },
})
// `clew@/path`: the same Worker over another checkout.
const [worker, checkout = new URL('..', import.meta.url).pathname] = positionals[0]!.split('@') as [string, string?]
/** Workers of peers, which need Node's modules. */
const PEER_WORKERS = ['opentelemetry-3', 'otel-cf-workers', 'logfire']
/** These post no OTLP: nothing, or filler. */
const UNTRACED = ['plain', 'post', 'clew-unsampled']

if (spawnSync('wrk', ['-v']).error) {
  console.error('wrk is missing: apt-get install wrk (or your system’s package of it), then run this again')
  process.exit(1)
}

const rows = await withWorkerd(async (bench) => {
  const outside = `http://127.0.0.1:${await bench.outside()}`
  const entry = PEER_WORKERS.includes(worker) ? `bench/peers/${worker}/worker.ts` : `bench/workers/${worker}.ts`
  await bundleWorker(entry, join(bench.directory, 'worker.mjs'), { POST_BYTES: values['post-bytes'] }, checkout)
  const { pid, port } = await bench.workerd(config(outside))
  const url = `http://127.0.0.1:${port}/carts/42`

  const first = await fetch(url)
  if (first.status !== 200 || (await first.text()) !== '{"price":12}')
    throw new Error(`${worker} answered ${first.status}`)
  await new Promise((resolve) => setTimeout(resolve, 300))
  compare(await stats())

  const run = (seconds: string): string =>
    execFileSync('wrk', ['-t1', `-c${values.connections}`, `-d${seconds}s`, '--latency', url], { encoding: 'utf8' })
  run('2')
  await stats()
  const cpu = cpuMs(pid)
  const memory = residentBytes(pid)
  const report = run(values.seconds)
  const spentMs = cpuMs(pid) - cpu
  const requests = Number(/(\d+) requests in/.exec(report)![1])
  await new Promise((resolve) => setTimeout(resolve, 200))
  const { posts, bytes } = await stats()
  return {
    'load/requests per second': Number(/Requests\/sec:\s+([\d.]+)/.exec(report)![1]),
    'load/p50, ms': latency(report, '50%'),
    'load/p99, ms': latency(report, '99%'),
    'load/CPU a request, µs': (spentMs * 1000) / requests,
    'load/posts a request': posts / requests,
    'load/bytes posted a request': bytes / requests,
    'load/resident growth a request, bytes': Math.max(0, (residentBytes(pid) - memory) / requests),
  }

  async function stats(): Promise<{ posts: number; bytes: number; type: string; last: string }> {
    return (await fetch(`${outside}/stats`)).json() as never
  }
})
console.log(JSON.stringify({ worker, rows }))

function config(outside: string): string {
  const flags = PEER_WORKERS.includes(worker) ? '["nodejs_compat"]' : '[]'
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
      compatibilityDate = "2026-07-28",
      compatibilityFlags = ${flags},
      bindings = [(name = "UPSTREAM", text = "${outside}/quote"), (name = "OTLP", text = "${outside}")],
    )),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
}

function compare({ posts, type, last }: { posts: number; type: string; last: string }): void {
  if (UNTRACED.includes(worker)) return
  const body = Buffer.from(last, 'base64')
  // Not every library writes 64-bit integers as strings: for JSON the judge is JSON.parse.
  const sent = type.includes('json') ? (JSON.parse(body.toString()) as DecodedTraces) : decodeTraces(type, body)
  const spans = sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
  const children = spans.filter(({ name, attributes }) => name === CHILD_NAME && attributes.length >= 5)
  if (posts !== 1 || children.length !== 5 || spans.length < 7)
    throw new Error(`${worker}: ${posts} posts, ${spans.length} spans, ${children.length} of them whole children`)
}

function cpuMs(pid: number): number {
  // Fields 14 and 15 of proc(5) `stat`, in ticks of 10 ms; the name before them may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
}

function latency(report: string, percentile: string): number {
  const [, value, unit] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(report)!
  return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's']
}
