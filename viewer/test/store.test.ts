// In: more than may be kept, files from before, endpoints that fail. Out: what is kept, forgotten and passed on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import type { TraceSummary, TraceView } from '../src/model.ts'
import { MAX_SPANS_PER_TRACE } from '../src/receive/limits.ts'
import { readTraces } from '../src/receive/read-request.ts'
import { seenNames } from '../src/store/seen.ts'
import { openStore } from '../src/store/store.ts'
import { startViewer, type Viewer, type ViewerOptions } from '../src/viewer.ts'
import { checkout, seeded, send, traffic } from './checkout.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const start = async (options: ViewerOptions = {}): Promise<Viewer> => {
  const viewer = await startViewer({ port: 0, ...options })
  cleanups.push(() => viewer.close())
  return viewer
}

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'clew-viewer-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return path
}

const list = async (viewer: Viewer): Promise<TraceSummary[]> =>
  ((await (await fetch(`${viewer.url}/api/search`)).json()) as { traces: TraceSummary[] }).traces

describe('keeps no more than', () => {
  it('a number of spans, oldest traces first, whole', async () => {
    const viewer = await start({ maxSpans: 100 })
    const sent = traffic(30, Date.now() - 10_000, 9_000)
    await send(viewer.url, sent)
    const { kept } = viewer.counts()
    expect(kept.spans).toBeLessThanOrEqual(100)
    expect(kept.spans).toBeGreaterThan(60)
    expect(kept.removed).toBeGreaterThan(20)
    const ids = (await list(viewer)).map((trace) => trace.traceId)
    expect(ids).toContain(sent.at(-1)!.traceId)
    expect(ids).not.toContain(sent[0]!.traceId)
    for (const id of ids.slice(0, -1)) expect(viewer.trace(id)!.spans.length).toBeGreaterThan(6)
  })

  it('a number of bytes', async () => {
    const viewer = await start({ maxBytes: 1_000_000 })
    for (let i = 0; i < 4; i++) await send(viewer.url, traffic(150, Date.now() - 10_000, 9_000, i + 1))
    expect(viewer.counts().kept.bytes).toBeLessThan(1_100_000)
    expect(viewer.counts().kept.removed).toBeGreaterThan(0)
    expect(viewer.counts().kept.traces).toBeGreaterThan(10)
  })

  it('an age since arrival', async () => {
    const store = openStore({ path: ':memory:', maxAgeMs: 50, maxSpans: 1e6, maxBytes: 1e9 })
    cleanups.push(() => store.close())
    await store.addSpans(readTraces(checkout('normal', Date.now(), seeded(1)).traces[0]))
    expect(store.counts().traces).toBe(1)
    const arrived = Date.now()
    while (Date.now() - arrived <= 50) await new Promise((resolve) => setTimeout(resolve, 5))
    store.trim()
    expect(store.counts()).toMatchObject({ traces: 0, spans: 0 })
  })

  it('a number of spans in one trace, and says so', async () => {
    const store = openStore({ path: ':memory:', maxAgeMs: 1e9, maxSpans: 1e6, maxBytes: 1e10 })
    cleanups.push(() => store.close())
    const spans = Array.from({ length: MAX_SPANS_PER_TRACE + 1 }, (_, i) => ({
      ...{ traceId: 'ab'.repeat(16), spanId: (i + 1).toString(16).padStart(16, '0'), name: 'x' },
      ...{ startTimeUnixNano: '1790000000000000000', endTimeUnixNano: '1790000000000000001' },
    }))
    const refused = await store.addSpans(readTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] }))
    expect(refused).toMatchObject({ count: 1, reason: `a trace holds at most ${MAX_SPANS_PER_TRACE} spans` })
    expect(store.counts().spans).toBe(MAX_SPANS_PER_TRACE)
  })

  it('a bounded memory of names', () => {
    const seen = seenNames()
    for (let i = 0; i < 5000; i++) seen.note('span', { [`key${i}`]: i, same: `value${i}` })
    expect(seen.keys().length).toBe(2000)
    expect(seen.values('span', 'same').length).toBe(64)
  })
})

describe('a file', () => {
  it('is read again by the next viewer, completion and all', async () => {
    const file = join(folder(), 'traces.db')
    const first = await startViewer({ port: 0, file })
    const made = checkout('payment-timeout', Date.now(), seeded(3))
    await send(first.url, [made])
    const before = first.trace(made.traceId)
    await first.close()
    const second = await start({ file })
    expect(second.trace(made.traceId)).toEqual(before)
    const completion = (await (await fetch(`${second.url}/api/complete?q=payment.cur`)).json()) as {
      suggestions: { text: string }[]
    }
    expect(completion.suggestions[0]!.text).toBe('payment.currency')
    await send(second.url, [made])
    expect(second.trace(made.traceId)!.spans).toHaveLength(before!.spans.length)
  })

  it('of another program, or another version, is refused and left alone', async () => {
    const file = join(folder(), 'other.db')
    const other = new DatabaseSync(file)
    other.exec('create table mine (x); insert into mine values (1)')
    other.close()
    await expect(startViewer({ port: 0, file })).rejects.toThrow('not written by this version')
    const again = new DatabaseSync(file)
    expect(again.prepare('select x from mine').get()).toEqual({ x: 1 })
    again.close()
    const text = join(folder(), 'text.db')
    writeFileSync(text, 'no database at all, but long enough to look at'.repeat(50))
    await expect(startViewer({ port: 0, file: text })).rejects.toThrow('not a database')
  })
})

describe('tells of each trace', () => {
  it('once it has come to rest, all services together, and again when more arrives', async () => {
    const viewer = await start()
    const told: TraceView[] = []
    const times = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const stop = viewer.onTrace((trace) => {
          told.push(trace)
          if (told.length >= count) {
            stop()
            resolve()
          }
        })
      })
    const made = checkout('normal', Date.now(), seeded(5))
    const first = times(1)
    await send(viewer.url, [made])
    await first
    expect(told[0]!.spans).toHaveLength(made.spans)
    expect(new Set(told[0]!.spans.map((span) => span.service)).size).toBe(5)
    const second = times(2)
    await send(viewer.url, [{ ...made, traces: [], logs: made.logs.slice(0, 1) }])
    await second
    expect(told[1]!.revision).toBeGreaterThan(told[0]!.revision)
  })
})

describe('forwards', () => {
  const sink = async (
    statuses: number[],
  ): Promise<{
    url: string
    got: { path: string; headers: Record<string, unknown>; body: string }[]
    arrived: (count: number) => Promise<void>
  }> => {
    const got: { path: string; headers: Record<string, unknown>; body: string }[] = []
    let wake = (): void => {}
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => {
        got.push({ path: request.url ?? '', headers: request.headers, body })
        response.statusCode = statuses.shift() ?? 200
        response.end('{}')
        wake()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => new Promise((resolve) => server.close(resolve)))
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      got,
      async arrived(count) {
        while (got.length < count) await new Promise<void>((resolve) => (wake = resolve))
      },
    }
  }

  it('the same bytes, with the headers asked for, once more when the endpoint is busy', async () => {
    const target = await sink([503])
    const viewer = await start({ forward: { url: target.url, headers: { authorization: 'Bearer x' } } })
    const body = JSON.stringify(checkout('normal', Date.now(), seeded(6)).traces[0])
    await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await target.arrived(2)
    expect(target.got[1]).toMatchObject({
      path: '/v1/traces',
      body,
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
    })
  })

  it('not in a circle, and nothing that was refused', async () => {
    const target = await sink([])
    const viewer = await start({ forward: { url: target.url } })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${viewer.url}/v1/traces`, {
      method: 'POST',
      headers: { ...headers, 'x-clew-forwarded': '1' },
      body: '{}',
    })
    await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers, body: '{' })
    await fetch(`${viewer.url}/v1/logs`, { method: 'POST', headers, body: '{}' })
    await target.arrived(1)
    expect(target.got.map(({ path }) => path)).toEqual(['/v1/logs'])
  })

  it('never in the way of the sender, and counts what was lost', async () => {
    const target = await sink([400])
    const viewer = await start({ forward: { url: target.url } })
    const response = await fetch(`${viewer.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(response.status).toBe(200)
    await target.arrived(1)
    while (viewer.counts().forwarded!.dropped === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(viewer.counts().forwarded).toMatchObject({ sent: 0, dropped: 1 })
  })
})
