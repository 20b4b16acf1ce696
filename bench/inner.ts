// In: the name of a peer. Out: on standard output, what its spans and encoders cost, as JSON.
// Must stay true: one peer a process, so that every call site sees one shape; what is recorded is compared before it is
// timed; opening, closing and collecting lie outside the timed part unless the row is a whole request.
//
//   node --expose-gc inner.ts PEER [--ms MILLISECONDS_A_ROW] [--only ROW,ROW]
import { parseArgs } from 'node:util'
import { Bench } from 'tinybench'
import { compare } from './compare.ts'
import { memory } from './memory.ts'
import { FATES, type Fate, INCOMING, type Peer, record, type Session, VARIANTS, type Variant } from './peer.ts'
import { load } from './peers.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ms: { type: 'string', default: '300' }, only: { type: 'string', default: '' } },
})
const peer = await load(positionals[0]!)
const only = values.only.split(',').filter(Boolean)
/** Spans a timed call: enough for the clock, few enough for the young generation. */
const SPANS = 500

const bench = new Bench({ time: Number(values.ms), warmupTime: Number(values.ms) / 2, throws: true })
const { variants = VARIANTS, fates = FATES } = peer
/** Bytes a span. */
const packed: Record<string, number> = {}
/** What one call of a row is divided by. */
const units = new Map<string, number>()

function add(
  row: string,
  unit: number,
  run: () => unknown,
  hooks: { beforeEach?: () => void; afterEach?: () => Promise<void> } = {},
): void {
  if (only.length && !only.some((part) => row.startsWith(part))) return
  units.set(row, unit)
  bench.add(row, run as () => void, hooks)
}

function addSpans(row: string, variant: Variant, fate: Fate): void {
  if (!variants.includes(variant) || !fates.includes(fate)) return
  let session: Session<unknown, unknown>
  add(row, SPANS, () => record(peer as Peer<unknown, never>, session.root, SPANS, variant), {
    beforeEach() {
      session = peer.open(fate)
    },
    async afterEach() {
      peer.end(session.root)
      await session.recorded()
    },
  })
}

async function recorded(count: number, variant: Variant, fate: Fate = 'sampled'): Promise<unknown> {
  const session = peer.open(fate)
  record(peer as Peer<unknown, never>, session.root, count, variant)
  peer.end(session.root)
  return session.recorded()
}

async function main(): Promise<void> {
  await compare(peer)
  for (const variant of ['empty', 'five', 'set', 'twenty', 'event', 'exception', 'nested'] as const)
    addSpans(`span/${variant}`, variant, 'sampled')
  addSpans('span/unsampled', 'empty', 'unsampled')
  addSpans('span/record only', 'five', 'record only')
  for (const encoding of ['json', 'protobuf'] as const) {
    const encode = peer[encoding]?.bind(peer)
    if (!encode) continue
    for (const count of variants.includes('mixed') ? [20, 200, 2000] : []) {
      const batch = await recorded(count, 'mixed')
      add(`encode/${encoding}/${count}`, count, () => use(encode(batch)))
      if (!peer.gzip) continue
      const body = encode(batch)
      packed[`gzip/${encoding}/${count}, bytes`] = (await peer.gzip(body)).length / count
      // Compression runs on a thread of its own: what is timed is how long it takes until it is there.
      add(`gzip/${encoding}/${count}`, count, async () => use(await peer.gzip!(body)))
      add(`gzip/CompressionStream ${encoding}/${count}`, count, async () => use(await compressionStream(body)))
    }
    add(`request/${encoding}`, 1, async () => use(encode(await recorded(10, 'five'))))
  }
  for (const fate of ['unsampled', 'record only', 'tail-dropped'] as const)
    if (fates.includes(fate)) add(`request/${fate}`, 1, () => recorded(10, 'five', fate))
  if (positionals[0] === 'floor') {
    for (const count of [20, 200, 2000]) {
      const object = JSON.parse(peer.json!(await recorded(count, 'mixed')))
      add(`encode/stringify/${count}`, count, () => use(JSON.stringify(object)))
    }
  }
  if (peer.propagate) add('propagate', 1, () => peer.propagate!(INCOMING))
  let i = 0
  const decisions = { ...(peer.decide && { 'parent-based ratio': peer.decide }), ...peer.decisions }
  for (const [name, decide] of Object.entries(decisions))
    add(`decide/${name}`, 1, () => decide(`0af7651916cd43dd8448eb211c80${String((i = (i + 1) % 9000) + 1000)}`))
  await bench.run()
  const rows: Record<string, number> = only.length ? {} : packed
  for (const { name, result } of bench.tasks) {
    // Nanoseconds; the median, because a shared machine only ever adds.
    if (!('latency' in result)) continue
    const nanos = (result.latency.p50 * 1e6) / units.get(name)!
    rows[name] = name.startsWith('decide/') ? 1e9 / nanos : nanos
  }
  if ((!only.length && variants.includes('mixed')) || only.includes('memory')) Object.assign(rows, await memory(peer))
  console.log(JSON.stringify({ peer: positionals[0], rows }))
}

async function compressionStream(body: string | Uint8Array): Promise<Uint8Array> {
  const packed = new Response(body as BodyInit).body!.pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}

/**
 * What `fetch` would do first: a text that was built by concatenation is still a tree of its parts, and becomes one
 * string when a character of it is read. Without this the tree would be measured, and nobody could send that.
 */
function use(body: string | Uint8Array): void {
  sink += typeof body === 'string' ? body.charCodeAt(body.length >> 1) : body.length
}
let sink = 0

await (peer.within ? peer.within(main) : main())
process.exit(sink < 0 ? 1 : 0)
