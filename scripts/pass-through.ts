// In: nothing, or --rounds N. Out: what it costs to pass 5 MB through a traced Worker, beside the same Worker untraced.
// Must stay true: both run in one workerd and take turns, so that what disturbs one disturbs the other; ratios are of
// neighbours, and the median of them is the figure.
//
//   node scripts/pass-through.ts [--rounds 10]
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { worker } from '../test/cloudflare/harness.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } })

const BYTES = 5_000_000
const PIECE = Buffer.alloc(16_384, 'x')

/** The origin of the bodies; it takes what is exported too, unread: a receiver is elsewhere. */
const origin = createServer((request, response) => {
  if (request.method === 'POST') return void request.resume().on('end', () => response.end('{}'))
  if (request.url!.includes('length')) response.setHeader('content-length', BYTES)
  let left = BYTES
  const write = (): void => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE
      left -= piece.length
      if (!response.write(piece)) return void response.once('drain', write)
    }
    response.end()
  }
  write()
})
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))

const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
const bindings = {
  OTLP_URL: url,
  UPSTREAM: `${url}/`,
}
const direct = { bindings, unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] }
const workers = [worker('traced', 'streams-traced', direct), worker('plain', 'streams-plain', direct)]
const miniflare = new Miniflare(convertV4MiniflareOptions({ cf: false, workers } as never))
await miniflare.ready
const urlOf = (name: string): Promise<URL> =>
  (miniflare as unknown as { unsafeGetDirectURL(name: string): Promise<URL> }).unsafeGetDirectURL(name)
const urls = { traced: await urlOf('traced'), plain: await urlOf('plain') }

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

const CASES: readonly (readonly [name: string, path: string, bytes: number])[] = [
  ['5 bytes: what a request costs', 'text', 5],
  ['with Content-Length', 'upstream?length', BYTES],
  ['without, as it came', 'upstream', BYTES],
  ['without, in a response of its own', 'upstream-rewrapped', BYTES],
]

/** Milliseconds of processor time that workerd has had, which other programs do not change; where Linux says so. */
function processorMs(): number {
  let ticks = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const [, fields] = /^\d+ \(workerd\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      // After state: the parent is 2nd; user and system time, in hundredths of a second, are 12th and 13th.
      const [, parent, ...rest] = fields?.split(' ') ?? []
      if (Number(parent) === process.pid) ticks += Number(rest[9]) + Number(rest[10])
    } catch {
      // It has ended meanwhile.
    }
  return ticks * 10
}

/** Requests in a row of one kind: its processor time is counted in hundredths of a second. */
const IN_A_ROW = 20
const rounds = Number(values.rounds)

console.log(`5 MB from an origin through a Worker, ${rounds} rounds; median (quartiles)`)
for (const [name, path, bytes] of CASES) {
  const took: { traced: number[]; plain: number[] } = { traced: [], plain: [] }
  const used: { traced: number[]; plain: number[] } = { traced: [], plain: [] }
  for (let round = -1; round < rounds; round++)
    for (const kind of round % 2 ? (['traced', 'plain'] as const) : (['plain', 'traced'] as const)) {
      const before = processorMs()
      for (let n = 0; n < IN_A_ROW; n++) {
        const ms = await time(new URL(path, urls[kind]), bytes)
        if (round >= 0) took[kind].push(ms)
      }
      if (round >= 0) used[kind].push((processorMs() - before) / IN_A_ROW)
    }
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
  console.log(name)
  for (const [what, { traced, plain }] of [
    ['time to the last byte', took],
    ['processor time', used],
  ] as const)
    console.log(
      `  ${what.padEnd(22)} plain ${shown(plain)} ms, traced ${shown(traced)} ms, ratio of the sums ${(sum(traced) / sum(plain)).toFixed(2)}`,
    )
}

await miniflare.dispose()
origin.closeAllConnections()
origin.close()
