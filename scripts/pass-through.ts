// In: nothing, or --rounds N. Out: what it costs to pass 5 MB through a traced Worker, beside the same Worker untraced.
// Must stay true: both run in one workerd and take turns, so that what disturbs one disturbs the other; ratios are of
// neighbours, and the median of them is the figure.
//
//   node scripts/pass-through.ts [--rounds 10]
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { Worker as Thread } from 'node:worker_threads'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { worker } from '../test/cloudflare/harness.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } })

const BYTES = 5_000_000
/** What a fast network brings in a millisecond; a loopback brings six times that. */
const GIGABIT_BYTES_A_MS = 125_000
const PIECE = Buffer.alloc(16_384, 'x')

/** Takes what is exported, unread: in a thread of its own, as a collector does not wait for the client either. */
const receiver = new Thread(
  `import { createServer } from 'node:http'
   import { parentPort } from 'node:worker_threads'
   const server = createServer((request, response) => request.resume().on('end', () => response.end('{}')))
   server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`,
  { eval: true },
)
const [receiverPort] = (await once(receiver, 'message')) as [number]

/** The origin of the bodies. */
const origin = createServer((request, response) => {
  if (request.url!.includes('length')) response.setHeader('content-length', BYTES)
  const startMs = performance.now()
  const isPaced = request.url!.includes('paced')
  let left = BYTES
  const write = (): void => {
    const due = isPaced ? (performance.now() - startMs) * GIGABIT_BYTES_A_MS : BYTES
    while (left > 0 && BYTES - left < due) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE
      left -= piece.length
      if (!response.write(piece)) return void response.once('drain', write)
    }
    if (left > 0) setTimeout(write, 1)
    else response.end()
  }
  write()
})
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))

const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
const bindings = {
  OTLP_URL: `http://127.0.0.1:${receiverPort}`,
  UPSTREAM: `${url}/`,
}
const direct = { bindings, unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] }
const workers = [
  worker('traced', 'streams-traced', direct),
  worker('counting', 'streams-traced', { ...direct, bindings: { ...bindings, COUNT_BODIES: true } }),
  worker('plain', 'streams-plain', direct),
]
const miniflare = new Miniflare(convertV4MiniflareOptions({ cf: false, workers } as never))
await miniflare.ready
const urlOf = (name: string): Promise<URL> =>
  (miniflare as unknown as { unsafeGetDirectURL(name: string): Promise<URL> }).unsafeGetDirectURL(name)
const urls = { traced: await urlOf('traced'), counting: await urlOf('counting'), plain: await urlOf('plain') }

/** Milliseconds from the request to the last byte. */
async function time(url: URL, expected: number): Promise<number> {
  const startMs = performance.now()
  await new Promise<void>((resolve, reject) => {
    httpRequest(url, { agent: false }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.length))
      response.on('end', () => (bytes === expected ? resolve() : reject(new Error(`${bytes} bytes came`))))
      response.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
  return performance.now() - startMs
}

const quantile = (sorted: readonly number[], share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!
const shown = (numbers: readonly number[]): string => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share).toFixed(2))
  return `${median} (${low} to ${high})`
}

const CASES: readonly (readonly [name: string, path: string, bytes: number, worker?: 'counting'])[] = [
  ['5 bytes: what a request costs', 'text', 5],
  ['with Content-Length', 'upstream?length', BYTES],
  ['without, as it came', 'upstream', BYTES],
  ['without, in a response of its own', 'upstream-rewrapped', BYTES],
  ['without, as it came, from an origin of 1 Gbit/s', 'upstream?paced', BYTES],
  ['without, counted to its end in 306 chunks', 'upstream', BYTES, 'counting'],
  ['the same, from an origin of 1 Gbit/s', 'upstream?paced', BYTES, 'counting'],
]

/** Milliseconds of processor time that workerd has had, which other programs do not change; where Linux says so. */
function processorMs(): number {
  let nanoseconds = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      // After the name and state: the parent.
      const [, parent] = /^\d+ \(workerd\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      if (Number(parent) !== process.pid) continue
      for (const thread of readdirSync(`/proc/${pid}/task`))
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // It has ended meanwhile.
    }
  return nanoseconds / 1e6
}

/** Requests in a row of one kind, of which the first pays for what the one before it left to do. */
const IN_A_ROW = 5
const rounds = Number(values.rounds)

console.log(`5 MB from an origin through a Worker, ${rounds} rounds; median (quartiles)`)
for (const [name, path, bytes, tracedBy = 'traced'] of CASES) {
  const took: { traced: number[]; plain: number[] } = { traced: [], plain: [] }
  const used: { traced: number[]; plain: number[] } = { traced: [], plain: [] }
  for (let round = -5; round < rounds; round++)
    for (const kind of round % 2 ? (['traced', 'plain'] as const) : (['plain', 'traced'] as const)) {
      const before = processorMs()
      const times: number[] = []
      for (let n = 0; n < IN_A_ROW; n++)
        times.push(await time(new URL(path, urls[kind === 'traced' ? tracedBy : kind]), bytes))
      if (round < 0) continue
      took[kind].push(
        quantile(
          times.sort((a, b) => a - b),
          0.5,
        ),
      )
      used[kind].push((processorMs() - before) / IN_A_ROW)
    }
  console.log(name)
  for (const [what, { traced, plain }] of [
    ['time to the last byte', took],
    ['processor time', used],
  ] as const) {
    const ratios = traced.map((each, round) => each / plain[round]!)
    console.log(
      `  ${what.padEnd(22)} plain ${shown(plain)} ms, traced ${shown(traced)} ms, ratio of neighbours ${shown(ratios)}`,
    )
  }
}

await miniflare.dispose()
origin.closeAllConnections()
origin.close()
await receiver.terminate()
