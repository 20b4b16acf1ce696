// In: the peers that are installed. Out: results/NAME.json, and docs/benchmarks.md when asked for.
//
//   npm run bench                         everything: about half an hour
//   npm run bench -- --quick              the floor, clew and OpenTelemetry JS 3, under two minutes
//   npm run bench -- --only inner,load    of inner, load, cold and heap, these; into the named run if there is one
//   npm run bench -- --peers floor,clew,clew@/path/to/another/checkout
//   npm run bench -- --name NAME --docs   write docs/benchmarks.md from this run; with --from NAME, from that one
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { verdicts } from './budgets.ts'
import { installPeers } from './install.ts'
import { PEERS } from './peers.ts'
import { markdown, type Results, summary } from './report.ts'
import { child, type Figures, rounds } from './rounds.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    name: { type: 'string', default: 'latest' },
    from: { type: 'string' },
    only: { type: 'string', default: 'inner,load,cold,heap' },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    docs: { type: 'boolean', default: false },
  },
})
const HERE = new URL('.', import.meta.url).pathname
const WORKERS = [
  'plain',
  'post',
  'floor',
  'clew',
  'clew-protobuf',
  'clew-unsampled',
  'opentelemetry-3',
  'otel-cf-workers',
  'logfire',
]
const QUICK = ['floor', 'clew', 'opentelemetry-3']

const results = values.from ? read(values.from) : await measure()
console.log(summary(results, verdicts(results.figures)))
if (values.docs) writeFileSync(`${HERE}../docs/benchmarks.md`, markdown(results, verdicts(results.figures)))

async function measure(): Promise<Results> {
  installPeers()
  const { quick } = values
  const parts = values.only.split(',')
  const count = Number(values.rounds ?? (quick ? 3 : 7))
  // Parts of a run may be measured one after the other, when the machine is quiet.
  const figures: Figures = parts.length < 4 && existsSync(path(values.name)) ? read(values.name).figures : {}
  if (parts.includes('inner')) {
    const peers = values.peers?.split(',') ?? (quick ? QUICK : PEERS)
    // A young generation that a round's garbage fits in: what is timed is the work, and memory counts exactly.
    const flags = ['--expose-gc', '--max-semi-space-size=64']
    Object.assign(
      figures,
      await rounds(peers, count, (peer) => child(flags, 'inner.ts', [peer, '--ms', quick ? '60' : '150'])),
    )
  }
  if (parts.includes('load')) {
    const workers = quick ? ['plain', 'post', 'clew', 'clew-unsampled'] : WORKERS
    const seconds = quick ? '1' : '4'
    // A POST as large as clew's own is what the second row is for.
    const { 'load/bytes posted a request': bytes = 3400 } = await child([], 'load.ts', ['clew', '--seconds', '1'])
    const options = ['--seconds', seconds, '--post-bytes', String(Math.round(bytes))]
    const found = await rounds(workers, quick ? 2 : 5, (worker) => child([], 'load.ts', [worker, ...options]))
    for (const [worker, rows] of Object.entries(found)) figures[`workerd: ${worker}`] = rows
  }
  if (parts.includes('cold')) {
    const options = ['--isolates', quick ? '20' : '60']
    const found = await rounds(['plain', 'floor', 'clew'], quick ? 1 : 5, (worker) =>
      child([], 'cold.ts', [worker, ...options]),
    )
    for (const [worker, rows] of Object.entries(found)) figures[`hello: ${worker}`] = rows
  }
  if (parts.includes('heap')) {
    const options = ['--requests', quick ? '20000' : '100000']
    const found = await rounds(['clew'], quick ? 1 : 3, (peer) => child(['--expose-gc'], 'heap.ts', [peer, ...options]))
    figures['heap: clew'] = found['clew']!
  }
  const results: Results = {
    name: values.name,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]!.model}`,
    rounds: count,
    quick,
    figures,
  }
  mkdirSync(`${HERE}results`, { recursive: true })
  writeFileSync(path(values.name), `${JSON.stringify(results, undefined, 2)}\n`)
  return results
}

function read(name: string): Results {
  return JSON.parse(readFileSync(path(name), 'utf8')) as Results
}

function path(name: string): string {
  return `${HERE}results/${name}.json`
}
