// The exporters that use Cloudflare, in workerd: bindings, compression and cancelled invocations are the real ones.
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { Miniflare } from 'miniflare'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Collector } from '../collector.ts'
import { decodeTraces } from '../otlp-decode.ts'
import { workerd } from './workerd.ts'

let collector: Collector
let miniflare: Miniflare
let count = 0
const newIds = (many: number) => Array.from({ length: many }, () => (++count).toString(16).padStart(16, '0'))
/** Arrives when an invocation that should have been ended goes on. */
const AFTERLIFE = 'f'.repeat(16)
const arrived = () => collector.spans().map(({ spanId }) => spanId)

beforeAll(async () => {
  collector = await Collector.start()
  const bindings = { OTLP: collector.url }
  miniflare = await workerd(
    {
      name: 'app',
      entry: 'exporters.ts',
      bindings,
      queueProducers: { SPOOL: { queueName: 'spool' } },
      queueConsumers: { spool: { maxBatchTimeout: 0.1, maxRetries: 3 } },
      r2Buckets: ['BUCKET'],
      serviceBindings: { COLLECTOR: 'collector' },
      tails: ['tail'],
    },
    { name: 'tail', entry: 'tail.ts', bindings },
    { name: 'collector', entry: 'collector.ts', bindings },
  )
})
afterEach(() => collector.reset())
afterAll(async () => {
  await miniflare.dispose()
  await collector.close()
})

const run = async (exporter: string, ids: readonly string[]): Promise<unknown> =>
  (await miniflare.dispatchFetch(`http://app/${exporter}?ids=${ids}`)).json()

describe('in workerd', () => {
  it.each(['json', 'gzip-json', 'protobuf', 'gzip-protobuf'])('%s arrives, with its length', async (encoding) => {
    const ids = newIds(20)
    expect(await run(encoding, ids)).toMatchObject({ ok: true })
    expect(arrived()).toEqual(ids)
    expect(collector.requests[0]!.headers).toMatchObject({
      'content-length': String(collector.requests[0]!.wire.length),
      ...(encoding.startsWith('gzip') && { 'content-encoding': 'gzip' }),
    })
  })

  it('a service binding carries the request and its headers', async () => {
    const ids = newIds(2)
    expect(await run('binding', ids)).toMatchObject({ ok: true })
    expect(arrived()).toEqual(ids)
    expect(collector.requests[0]!.headers).toMatchObject({ 'x-key': 'k', 'content-type': 'application/json' })
  })

  it('a tail Worker forwards what stdoutExporter printed', async () => {
    const ids = newIds(3)
    await run('stdout', ids)
    await collector.until(() => arrived().length === 3)
    expect(arrived()).toEqual(ids)
  })

  it('R2 keeps what was exported, with its encodings', async () => {
    const ids = newIds(3)
    expect(await run('r2', ids)).toEqual({ ok: true })
    const bucket = await miniflare.getR2Bucket('BUCKET', 'app')
    const [object] = (await bucket.list({ prefix: 'otlp/traces/' })).objects
    expect(object!.key).toMatch(/^otlp\/traces\/\d{4}\/\d\d\/\d\d\/\d\d\/\d{7}-[0-9a-f]{32}-[0-9a-f]{16}\.json\.gz$/)
    const stored = await bucket.get(object!.key)
    expect(stored!.httpMetadata).toMatchObject({ contentType: 'application/json', contentEncoding: 'gzip' })
    const body = gunzipSync(await stored!.arrayBuffer())
    expect(decodeTraces('application/json', body).resourceSpans[0]!.scopeSpans[0]!.spans).toHaveLength(3)
  })

  it('a queue takes more than its message limit, and its consumer delivers all of it', async () => {
    const ids = newIds(1000)
    expect(await run('queue', ids)).toEqual({ ok: true })
    await collector.until(() => arrived().length >= 1000)
    expect(new Set(arrived())).toEqual(new Set(ids))
    expect(collector.requests.length).toBeGreaterThan(2)
    for (const { wire } of collector.requests) expect(wire.length).toBeLessThan(128_000)
  })

  it('the consumer lets go of what is refused for good', async () => {
    const ids = newIds(1)
    collector.script({ kind: 'status', status: 400 })
    await run('queue', ids)
    await collector.until(() => collector.requests.length === 1)
    await run('queue', newIds(1))
    await collector.until(() => arrived().length === 1)
    expect(collector.requests).toHaveLength(2)
  })
})

describe('coalesced exports', () => {
  let url: URL
  let instance: Miniflare
  beforeAll(async () => {
    instance = await workerd({ name: 'coalesce', entry: 'coalesce.ts', bindings: { OTLP: collector.url } })
    url = await instance.ready
  })
  afterAll(() => instance.dispose())
  const send = (ids: readonly string[]) => fetch(new URL(`/?ids=${ids}`, url)).then((response) => response.text())

  /** Requests and then leaves by a reset, which workerd notices: nothing of the invocation goes on. */
  const die = (ids: readonly string[], when: () => Promise<unknown>) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname, () => {
        socket.write(`GET /mortal?ids=${ids} HTTP/1.1\r\nHost: coalesce\r\n\r\n`)
        when().then(() => {
          socket.resetAndDestroy()
          resolve()
        }, reject)
      })
      socket.on('error', reject)
    })
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  it('of a hundred concurrent invocations arrive whole, in a few requests', async () => {
    const all = Array.from({ length: 100 }, () => newIds(5))
    await Promise.all(all.map(send))
    await collector.until(() => arrived().length >= 500)
    expect(arrived().sort()).toEqual(all.flat().sort())
    expect(collector.requests.length).toBeLessThan(20)
  })

  it('of an invocation that outlives them are answered', async () => {
    await fetch(new URL(`/mortal?ids=${newIds(1)}`, url))
    expect(arrived()).toContain(AFTERLIFE)
  })

  it('survive a leader that dies while it gathers', async () => {
    const [dead, alive] = [newIds(1), Array.from({ length: 5 }, () => newIds(2))]
    await Promise.all([die(dead, () => pause(60)), pause(30).then(() => Promise.all(alive.map(send)))])
    await collector.until(() => alive.flat().every((id) => arrived().includes(id)))
    // Its own copy waits with the others: even the dead one's span has left.
    expect(arrived().sort()).toEqual([...dead, ...alive.flat()].sort())
  })

  it('survive a leader that dies while it sends', async () => {
    const [dead, alive] = [newIds(1), Array.from({ length: 5 }, () => newIds(2))]
    collector.script({ kind: 'hang' })
    const reached = collector.until(() => collector.requests.length === 1)
    await Promise.all([die(dead, () => reached), pause(30).then(() => Promise.all(alive.map(send)))])
    await collector.until(() => alive.flat().every((id) => arrived().includes(id)))
    expect(arrived().sort()).toEqual([...dead, ...alive.flat()].sort())
  })
})
