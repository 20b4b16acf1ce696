// In: a number of requests. Out: where every span of theirs went, and what the isolate's heap did meanwhile.
// Must stay true: a real workerd, real sockets, two collectors that fail; nothing of clew is replaced.
import { Collector, type Fault } from '../collector.ts'
import { start } from './workerd.ts'

export interface SoakReport {
  readonly requests: number
  readonly created: number
  /** By the first collector, by the second. */
  readonly delivered: readonly [first: number, second: number]
  /** Ids that arrived more than once, or that nobody made. */
  readonly twice: number
  readonly unknown: number
  /** Drop counts that were told, by reason. */
  readonly counted: Readonly<Record<string, number>>
  /** Created, less delivered, less counted: 0 when every span is accounted for. */
  readonly missing: number
  /** Bytes of the isolate's heap at its least: in the first half of the requests, and in the second. */
  readonly heap: readonly [early: number, end: number]
  /** Responses that were not what the handler returned. */
  readonly wrong: number
  readonly seconds: number
}

/** Every tenth export meets one of these; none of them takes the batch. */
const FAULTS: readonly Fault[] = [
  { kind: 'status', status: 500 },
  { kind: 'html' },
  { kind: 'status', status: 503, headers: { 'retry-after': '3600' } },
  { kind: 'status', status: 400 },
  { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
  { kind: 'reset' },
]

export async function soak(requests: number, concurrency = 16): Promise<SoakReport> {
  const [first, second] = [await Collector.start(), await Collector.start()]
  first.decide((at) => (at % 10 === 9 ? FAULTS[Math.floor(at / 10) % FAULTS.length] : undefined))
  second.decide((at) => (at % 10 === 9 ? FAULTS[Math.floor(at / 10) % 4] : undefined))
  const bindings = { OTLP: first.url, SECOND: second.url }
  const miniflare = await start({ inspectorPort: 0 }, [{ name: 'soak', entry: 'soak.ts', bindings }])
  const url = await miniflare.ready
  const created = new Set<string>()
  const seen = [new Map<string, number>(), new Map<string, number>()] as const
  const counted: Record<string, number> = {}
  let wrong = 0

  const settle = (): void => {
    for (const [at, collector] of [first, second].entries()) {
      for (const { spanId } of collector.spans()) seen[at]!.set(spanId, (seen[at]!.get(spanId) ?? 0) + 1)
      for (const [reason, count] of Object.entries(collector.dropped()))
        counted[reason] = (counted[reason] ?? 0) + count
    }
  }
  const one = async (): Promise<void> => {
    const response = await fetch(url)
    const ids: unknown = await response.json()
    if (response.status !== 200 || !Array.isArray(ids) || ids.length !== 3) wrong++
    else for (const id of ids) created.add(id)
  }
  const readHeap = await heapReader(miniflare)
  /** Returns the least that was ever in use: what is left when the garbage has been taken out. */
  const run = async (count: number): Promise<number> => {
    let left = count
    let least = Infinity
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (let at = left--; at > 0; at = left--) {
          await one()
          if (at % 50 === 0) least = Math.min(least, await readHeap())
        }
      }),
    )
    return least
  }
  const idle = async (): Promise<void> => {
    const known = () => first.requests.length + second.requests.length
    for (let before = -1; before !== known(); ) {
      before = known()
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }

  const started = performance.now()
  await run(Math.ceil(requests / 10))
  const early = await run(Math.ceil(0.45 * requests))
  const end = await run(Math.floor(0.45 * requests))
  await idle()
  // What was lost last has not been told yet: one request more, whose export succeeds, tells it.
  first.decide(() => undefined)
  await one()
  await first.until(() => first.requests.at(-1)?.accepted === true)
  await idle()
  settle()
  const seconds = (performance.now() - started) / 1000
  await miniflare.dispose()
  await Promise.all([first.close(), second.close()])

  const all = new Map(seen[0])
  for (const [id, count] of seen[1]) all.set(id, (all.get(id) ?? 0) + count)
  const lost = Object.values(counted).reduce((sum, count) => sum + count, 0)
  return {
    requests: requests + 1,
    created: created.size,
    delivered: [seen[0].size, seen[1].size],
    twice: [...all.values()].filter((count) => count > 1).length,
    unknown: [...all.keys()].filter((id) => !created.has(id)).length,
    counted,
    missing: created.size - all.size - lost,
    heap: [early, end],
    wrong,
    seconds,
  }
}

/** Reads the used bytes of the isolate's heap by the inspector. */
async function heapReader(miniflare: { getInspectorURL(): Promise<URL> }): Promise<() => Promise<number>> {
  const { host } = await miniflare.getInspectorURL()
  const targets = (await (await fetch(`http://${host}/json`)).json()) as { webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(targets[0]!.webSocketDebuggerUrl)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  let id = 0
  return () =>
    new Promise((resolve) => {
      const own = ++id
      const listen = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data)) as { id?: number; result: { usedSize: number } }
        if (answer.id !== own) return
        socket.removeEventListener('message', listen)
        resolve(answer.result.usedSize)
      }
      socket.addEventListener('message', listen)
      socket.send(JSON.stringify({ id: own, method: 'Runtime.getHeapUsage' }))
    })
}
