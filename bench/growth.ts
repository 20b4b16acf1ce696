// In: the name of a peer. Out: on standard output, what a request costs as it grows, as JSON: in spans, in attributes of a
// span, in requests at the same time, and in depth of nesting.
// Must stay true: a request is recorded and encoded; sizes take turns; of many turns the lower quartile counts, because a
// shared machine only ever adds.
//
//   node --expose-gc growth.ts PEER [--turns N]
import { parseArgs } from 'node:util'
import { quartiles } from './accounting.ts'
import type { Peer, Session, Values } from './peer.ts'
import { five } from './peer.ts'
import { load } from './peers.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { turns: { type: 'string', default: '12' } },
})
const peer = (await load(positionals[0]!)) as Peer<unknown, unknown>
let sink = 0

/** What grows, the sizes it grows to, and how often a turn repeats the smallest: about 10,000 spans a turn. */
interface Axis {
  readonly sizes: readonly number[]
  /** Spans of a request of this size, times as many requests as there are at once. */
  spans(size: number): number
  run(size: number): Promise<void>
}

async function leave(session: Session<unknown, unknown>): Promise<void> {
  peer.end(session.root)
  const body = peer.json!(await session.recorded())
  sink += body.charCodeAt(body.length >> 1)
}

const attributes = (count: number): Values =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`app.key.${i}`, `value ${i}`]))
const sets = new Map([1, 10, 100].map((count) => [count, attributes(count)]))

const AXES: Record<string, Axis> = {
  'spans of a request': {
    sizes: [10, 100, 1_000, 10_000],
    spans: (size) => size,
    async run(size) {
      const session = peer.open('sampled')
      for (let i = 0; i < size; i++) peer.end(peer.start(session.root, five(i)))
      await leave(session)
    },
  },
  'attributes of a span, for 100 spans': {
    sizes: [1, 10, 100],
    spans: () => 100,
    async run(size) {
      const session = peer.open('sampled')
      for (let i = 0; i < 100; i++) peer.end(peer.start(session.root, { ...sets.get(size)! }))
      await leave(session)
    },
  },
  'requests at once, of ten spans': {
    sizes: [1, 10, 100, 1_000],
    spans: (size) => 10 * size,
    async run(size) {
      const sessions: Session<unknown, unknown>[] = []
      for (let i = 0; i < size; i++) sessions.push(peer.open('sampled'))
      // Each of them gets a span in turn, as if all waited for each other.
      for (let span = 0; span < 10; span++) for (const { root } of sessions) peer.end(peer.start(root, five(span)))
      for (const session of sessions) await leave(session)
    },
  },
  'depth of nesting': {
    sizes: [10, 100, 1_000, 10_000],
    spans: (size) => size,
    async run(size) {
      const session = peer.open('sampled')
      const open: unknown[] = [session.root]
      for (let i = 0; i < size; i++) open.push(peer.start(open[i], five(i)))
      for (let i = size; i > 0; i--) peer.end(open[i])
      await leave(session)
    },
  },
}

/** The exponent of the power law through the points: 1 is linear, 2 quadratic. Least squares on logarithms. */
function exponent(points: readonly (readonly [size: number, cost: number])[]): number {
  const logs = points.map(([size, cost]) => [Math.log(size), Math.log(cost)] as const)
  const mean = (of: (point: readonly [number, number]) => number): number =>
    logs.reduce((sum, point) => sum + of(point), 0) / logs.length
  const [x, y] = [mean(([x]) => x), mean(([, y]) => y)]
  return mean(([a, b]) => (a - x) * (b - y)) / mean(([a]) => (a - x) ** 2)
}

async function main(): Promise<void> {
  const rows: Record<string, number> = {}
  for (const [name, { sizes, spans, run }] of Object.entries(AXES)) {
    const seen = new Map(sizes.map((size): [number, number[]] => [size, []]))
    for (let turn = 0; turn < Number(values.turns) + 2; turn++)
      for (const size of sizes) {
        const repeats = Math.max(1, Math.floor(2_000 / spans(size)))
        gc!()
        const begin = performance.now()
        for (let i = 0; i < repeats; i++) await run(size)
        // The first two compile.
        if (turn >= 2) seen.get(size)!.push(((performance.now() - begin) * 1000) / repeats)
      }
    const costs = sizes.map((size) => [size, quartiles(seen.get(size)!)[0]] as const)
    for (const [size, cost] of costs) rows[`growth/${name}/${size}`] = cost
    // Of the upper sizes: below, what a request costs at all hides what grows.
    rows[`growth/${name}/exponent`] = exponent(costs.slice(1))
  }
  console.log(JSON.stringify({ peer: positionals[0], rows }))
}

await (peer.within ? peer.within(main) : main())
process.exit(sink < 0 ? 1 : 0)
