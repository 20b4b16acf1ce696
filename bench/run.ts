// In: the peers that are installed. Out: results/NAME.json, and docs/benchmarks.md when asked for.
// Must stay true: a run says what it was, and a part that is measured later joins the run it is named after.
//
//   npm run bench                         everything: a quarter of an hour on two quiet cores
//   npm run bench -- --quick              the floor, clew and OpenTelemetry JS 3, under two minutes
//   npm run bench -- --only inner,load    of the parts below, these; into the named run if there is one
//   npm run bench -- --rounds 9           more of them, where the machine is not quiet: the time grows alike
//   npm run bench -- --peers floor,clew,clew@/path/to/another/checkout --only inner
//   npm run bench -- --name NAME --docs   write docs/benchmarks.md from this run; with --from NAME, from that one
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { measure as sizeOf } from '../scripts/size.ts'
import { BUDGETS } from '../scripts/size-budgets.ts'
import { verdicts } from './budgets.ts'
import { installPeers } from './install.ts'
import { PEERS } from './peers.ts'
import { markdown, type Results, summary, versions } from './report.ts'
import { child, type Figures, generations, type Rows, rounds } from './rounds.ts'
import { bundleText, PEER_WORKERS } from './workerd.ts'

/** In this order; how long each takes is about what stands behind it, in seconds of a whole run. */
const PARTS = {
  /** 230 */ inner,
  /** 25 */ growth,
  /** 280 */ load,
  /** 110 */ resident,
  /** 60 */ cold,
  /** 20 */ heap,
  /** 25 */ gzip,
  /** 40 */ lambda,
  /** 5 */ size,
}
type Part = keyof typeof PARTS

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    name: { type: 'string', default: 'latest' },
    from: { type: 'string' },
    only: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    docs: { type: 'boolean', default: false },
  },
})
const { quick } = values
const COUNT = quick ? 2 : Number(values.rounds)
/** Of what takes turns by itself, for five rounds of the rest: two processes each. */
const GENERATIONS = quick ? 1 : Math.ceil(COUNT / 3)
const HERE = new URL('.', import.meta.url).pathname
const OURS = ['clew', 'clew-protobuf', 'clew-gzip', 'clew-unsampled', 'clew-tail-dropped']
const WORKERS = quick
  ? ['plain', 'post', 'clew', 'clew-unsampled']
  : ['plain', 'post', 'floor', ...OURS, ...PEER_WORKERS]
const HELLOS = quick ? ['plain', 'clew'] : ['plain', 'plain+nodejs_compat', 'floor', 'clew', ...PEER_WORKERS]
/** What takes long, or needs what not every machine has, is left to a whole run. */
const QUICK: readonly Part[] = ['inner', 'load', 'cold', 'heap', 'size']

const results = values.from ? read(values.from) : await measure()
const found = verdicts(results.figures)
console.log(summary(results, found))
if (values.docs) writeFileSync(`${HERE}../docs/benchmarks.md`, markdown(results, found))

async function measure(): Promise<Results> {
  installPeers()
  const parts = (values.only?.split(',') ?? (quick ? QUICK : Object.keys(PARTS))) as Part[]
  // Parts of a run may be measured one after the other, when the machine is quiet.
  const joined = values.only && existsSync(path(values.name)) ? read(values.name) : undefined
  const figures: Figures = { ...joined?.figures }
  const begin = performance.now() - (joined?.seconds ?? 0) * 1000
  mkdirSync(`${HERE}results`, { recursive: true })
  for (const part of parts) {
    const from = performance.now()
    for (const [peer, rows] of Object.entries(await PARTS[part]())) figures[peer] = { ...figures[peer], ...rows }
    console.error(`${part}: ${Math.round((performance.now() - from) / 1000)} s`)
    // What was measured is there, whatever becomes of the rest.
    writeFileSync(path(values.name), `${JSON.stringify(resultsOf(figures, begin), undefined, 2)}\n`)
  }
  return resultsOf(figures, begin)
}

function resultsOf(figures: Figures, begin: number): Results {
  return {
    name: values.name,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]!.model}`,
    rounds: COUNT,
    seconds: Math.round((performance.now() - begin) / 1000),
    versions: versions(),
    quick,
    figures,
  }
}

/** Spans, encoders, requests, decisions, in Node. */
function inner(): Promise<Figures> {
  const peers = values.peers?.split(',') ?? (quick ? ['floor', 'clew', 'opentelemetry-3'] : PEERS)
  // A young generation that a round's garbage fits in: what is timed is the work, and memory counts exactly.
  const flags = ['--expose-gc', '--max-semi-space-size=64']
  return rounds(peers, COUNT, (peer) => child<Rows>(flags, 'inner.ts', [peer, '--ms', quick ? '30' : '80']))
}

/** How the cost of a request grows, in Node. */
function growth(): Promise<Figures> {
  const flags = ['--expose-gc', '--max-semi-space-size=64']
  const options = ['--turns', quick ? '4' : '12']
  const peers = quick ? ['clew'] : ['floor', 'clew']
  return rounds(peers, quick ? 1 : GENERATIONS, (peer) => child<Rows>(flags, 'growth.ts', [peer, ...options]))
}

/** Requests under load, in workerd. */
function load(): Promise<Figures> {
  const options = [WORKERS.join(), '--slices', quick ? '1' : '2', '--bursts', quick ? '12' : '18']
  return named('workerd', () => generations('load', GENERATIONS, () => child([], 'load.ts', options)))
}

/** Resident memory to 100,000 requests, in workerd. */
function resident(): Promise<Figures> {
  const options = ['post,clew,otel-cf-workers', '--requests', quick ? '20000' : '100000']
  return named('workerd', () => generations('resident', 1, () => child([], 'resident.ts', options)))
}

/** Fresh isolates of workerd. */
function cold(): Promise<Figures> {
  const options = [HELLOS.join(), '--isolates', quick ? '10' : '20']
  return named('hello', () => generations('cold', GENERATIONS, () => child([], 'cold.ts', options)))
}

/** What requests leave on the heap, in Node. */
function heap(): Promise<Figures> {
  const options = ['clew', '--requests', quick ? '10000' : '100000']
  return named('heap', () =>
    rounds(['clew'], quick ? 1 : GENERATIONS, () => child(['--expose-gc'], 'heap.ts', options)),
  )
}

/** gzip in workerd. */
function gzip(): Promise<Figures> {
  return generations('gzip', 1, () => child([], 'gzip.ts', ['--rounds', String(COUNT)]))
}

/** What flushing adds to a Lambda function. */
function lambda(): Promise<Figures> {
  return generations('lambda', 1, () => child([], 'lambda.ts', []))
}

/** Bytes of bundles. */
async function size(): Promise<Figures> {
  const figure = (median: number) => ({ median, spread: 0 })
  const figures: Figures = {}
  for (const name of HELLOS.filter((name) => !name.startsWith('plain'))) {
    const entry = PEER_WORKERS.includes(name) ? `peers/${name}/hello` : `workers/hello-${name}`
    const code =
      name === 'clew'
        ? undefined
        : await bundleText(readFileSync(`${HERE}${entry}.ts`, 'utf8'), { from: `${HERE}${entry}/..` })
    const { min, gzip } = code
      ? { min: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length }
      : await sizeOf(BUDGETS[0]!.entry)
    figures[`hello: ${name}`] = { 'size/minified, bytes': figure(min), 'size/gzip, bytes': figure(gzip) }
  }
  const { min, gzip } = await sizeOf(BUDGETS.find(({ name }) => name.startsWith('everything'))!.entry)
  figures['everything Cloudflare: clew'] = { 'size/minified, bytes': figure(min), 'size/gzip, bytes': figure(gzip) }
  return figures
}

async function named(prefix: string, found: () => Promise<Figures>): Promise<Figures> {
  return Object.fromEntries(Object.entries(await found()).map(([name, rows]) => [`${prefix}: ${name}`, rows]))
}

function read(name: string): Results {
  return JSON.parse(readFileSync(path(name), 'utf8')) as Results
}

function path(name: string): string {
  return `${HERE}results/${name}.json`
}
