// In: nothing. Out: what coalescing saves: POSTs and CPU of workerd a request, with and without, in turns.
// Must stay true: same Worker, same spans, same collector; only the exporter differs. Run: node bench/coalesce.ts
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { workerd } from '../test/flush/workerd.ts'

let posts = 0
const sink = createServer((request, response) => {
  posts++
  request.resume().on('end', () => response.end('{}'))
})
await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
const OTLP = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`
const miniflare = await workerd({ name: 'coalesce', entry: 'coalesce.ts', bindings: { OTLP } })
const url = await miniflare.ready
const pid = execFileSync('pgrep', ['-P', String(process.pid), 'workerd'], { encoding: 'utf8' }).trim()

/** CPU time of workerd in ticks of 10 ms: user and system, fields 14 and 15. */
const ticks = () => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}
const ids = Array.from({ length: 6 }, (_, at) => `${at + 1}`.padStart(16, '0')).join()

async function round(path: string, requests: number): Promise<{ posts: number; cpu: number }> {
  const before = { posts, ticks: ticks() }
  let left = requests
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (left-- > 0) await (await fetch(new URL(`${path}?ids=${ids}`, url))).text()
    }),
  )
  for (let seen = -1; seen !== posts; ) {
    seen = posts
    await new Promise((resolve) => setTimeout(resolve, 600))
  }
  return { posts: (posts - before.posts) / requests, cpu: ((ticks() - before.ticks) * 10_000) / requests }
}

for (const path of ['/alone', '/']) await round(path, 2000)
const rows: Record<string, { posts: number; cpu: number }[]> = { '/alone': [], '/': [] }
for (let i = 0; i < 5; i++) for (const path of ['/alone', '/']) rows[path]!.push(await round(path, 4000))
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
for (const [path, rounds] of Object.entries(rows))
  console.log(
    path === '/' ? 'coalesced' : 'alone    ',
    `${median(rounds.map((one) => one.posts)).toFixed(3)} POSTs a request`,
    `${median(rounds.map((one) => one.cpu)).toFixed(0)} µs CPU of workerd a request`,
  )
await miniflare.dispose()
sink.close()
process.exit(0)
