// In: a Worker in real workerd, called over HTTP. Out: its spans at a real receiver, and its answers as if untraced.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Collector, plain } from '../collector.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { bundle, LINES, type Running, resetAfter, serve, start } from './workerd.ts'

let upstream: Server
let UPSTREAM: string
let collector: Collector
const script = bundle('./test/workerd/fixtures/main.ts')

beforeAll(async () => {
  upstream = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    setTimeout(
      () => {
        response.statusCode = Number(url.searchParams.get('status') ?? 200)
        response.end(request.headers['traceparent'] ?? 'no trace')
      },
      Number(url.searchParams.get('ms') ?? 1),
    )
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => upstream.on('listening', resolve))
  UPSTREAM = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  collector = await Collector.start()
})
beforeEach(() => collector.reset())
afterAll(async () => {
  upstream.close()
  await collector.close()
})

const ms = (span: DecodedSpan) => Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6
const attributesOf = ({ attributes }: { attributes: DecodedSpan['attributes'] }) =>
  Object.fromEntries(Object.entries(plain(attributes)).map(([k, v]) => [k, typeof v === 'bigint' ? Number(v) : v]))
const named = (name: string) => collector.spans().filter((span) => span.name === name)
const rooted = (count: number) =>
  collector.until(() => collector.spans().filter(({ kind }) => kind === 2).length >= count)

describe.each(LINES)('workerd %s without any flag', (line) => {
  let worker: Running
  beforeAll(async () => {
    worker = await start(line, script, { COLLECTOR: collector.url, UPSTREAM })
  })
  afterAll(() => worker.dispose())

  test('200 concurrent requests give 200 whole traces and 200 POSTs', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => (await worker.dispatchFetch(`http://main/work?ms=${n % 20}`)).json()),
    )
    await rooted(200)
    expect(collector.requests).toHaveLength(200)
    expect(collector.invalid).toEqual([])
    const traces = new Map<string, DecodedSpan[]>()
    for (const span of collector.spans()) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span])
    expect(traces.size).toBe(200)
    for (const spans of traces.values()) {
      const byName = new Map(spans.map((span) => [span.parentSpanId ? span.name : 'root', span]))
      expect([...byName.keys()].sort()).toEqual(['GET', 'compute', 'load', 'root'])
      expect(byName.get('load')!.parentSpanId).toBe(byName.get('root')!.spanId)
      expect(byName.get('GET')!.parentSpanId).toBe(byName.get('load')!.spanId)
    }
    const clients = new Set(named('GET').map((span) => span.spanId))
    for (const { upstream } of answers as { upstream: string }[])
      expect(clients.has(upstream.split('-')[2]!)).toBe(true)
  })

  test('two concurrent requests with the same traceparent keep their own durations and statuses', async () => {
    const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    await Promise.all([
      worker.dispatchFetch('http://main/work?ms=400', { headers }).then((response) => response.text()),
      worker.dispatchFetch('http://main/work?ms=20&status=503', { headers }).then((response) => response.text()),
    ])
    await rooted(2)
    expect(collector.requests.map(({ traces }) => traces!.resourceSpans[0]!.scopeSpans[0]!.spans.length)).toEqual([
      4, 4,
    ])
    const [fast, slow] = collector.requests.map(({ traces }) => traces!.resourceSpans[0]!.scopeSpans[0]!.spans)
    const client = (spans: DecodedSpan[] | undefined) => spans!.find((span) => span.kind === 3)!
    expect(attributesOf(client(fast))['http.response.status_code']).toBe(503)
    expect(client(fast).status?.code).toBe(2)
    expect(attributesOf(client(slow))['http.response.status_code']).toBe(200)
    expect(ms(client(slow))).toBeGreaterThanOrEqual(390)
    expect(ms(client(fast))).toBeLessThan(350)
    for (const spans of [fast, slow])
      expect(spans![0]).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331' })
  })

  test('a request that does no I/O is exported', async () => {
    expect(await (await worker.dispatchFetch('http://main/none')).text()).toBe('nothing was awaited')
    await rooted(1)
    expect(attributesOf(collector.spans()[0]!)).toMatchObject({
      'http.request.method': 'GET',
      'url.path': '/none',
      'url.scheme': 'http',
      'server.address': 'main',
      'http.response.status_code': 200,
      'faas.trigger': 'http',
      'cloudflare.handler_type': 'fetch',
    })
    const { resource } = collector.requests[0]!.traces!.resourceSpans[0]!
    expect(attributesOf(resource!)).toMatchObject({ 'service.name': 'main', 'cloud.platform': 'cloudflare.workers' })
  })

  test('a handler that throws is an error with its exception, and answered by the runtime', async () => {
    const response = await worker.dispatchFetch('http://main/throw').catch((error: unknown) => String(error))
    expect(typeof response === 'string' ? response : response.status).toSatisfy(
      (seen) => seen === 500 || /thrown/.test(`${seen}`),
    )
    await rooted(1)
    const [root] = collector.spans()
    expect(root).toMatchObject({ status: { code: 2, message: 'thrown on purpose' } })
    expect(root!.events.map((event) => event.name)).toEqual(['exception'])
    expect(attributesOf(root!)['error.type']).toBe('RangeError')
  })

  test('passThroughOnException and the other methods of the context work as they do without us', async () => {
    expect(await (await worker.dispatchFetch('http://main/pass')).text()).toBe('passed')
    await rooted(1)
  })

  test('a waitUntil that throws changes neither the answer nor the export', async () => {
    expect(await (await worker.dispatchFetch('http://main/wait-until-throws')).text()).toBe('answered')
    await rooted(1)
    expect(collector.spans()[0]!.status?.code ?? 0).toBe(0)
  })

  test('work after the response is in the same POST, and the root does not wait for it', async () => {
    await (await worker.dispatchFetch('http://main/later?ms=60')).text()
    await rooted(1)
    expect(collector.requests).toHaveLength(1)
    expect(
      collector
        .spans()
        .map((span) => span.name)
        .sort(),
    ).toEqual(['GET', 'GET', 'load', 'notify'])
    expect(ms(collector.spans()[0]!)).toBeLessThan(ms(named('notify')[0]!))
  })

  test('a streamed response is one root span until its last byte', async () => {
    const response = await worker.dispatchFetch('http://main/stream')
    expect(await response.text()).toBe('012')
    await rooted(1)
    expect(ms(collector.spans()[0]!)).toBeGreaterThanOrEqual(85)
    expect(collector.spans().filter(({ name }) => name.startsWith('chunk'))).toHaveLength(3)
    expect(collector.requests).toHaveLength(1)
  })

  test('bodies, headers and null bodies pass as they are', async () => {
    const echo = await worker.dispatchFetch('http://main/echo', { method: 'POST', body: 'streamed through' })
    expect([await echo.text(), echo.headers.get('x-own')]).toEqual(['streamed through', 'kept'])
    for (const status of [204, 304, 404])
      expect((await worker.dispatchFetch(`http://main/status?${status}`)).status).toBe(status)
    const none = await worker.dispatchFetch('http://main/none', { headers: { 'accept-encoding': 'identity' } })
    expect(none.headers.get('content-length')).toBe('19')
    expect(none.headers.has('traceparent')).toBe(false)
    await rooted(5)
    const statuses = collector.spans().map((span) => attributesOf(span)['http.response.status_code'])
    expect(statuses.sort()).toEqual([200, 200, 204, 304, 404])
  })

  test('scheduled events are invocations, with their cron and their errors', async () => {
    expect((await worker.scheduled({ cron: '0 3 * * *', scheduledTime: new Date(1_800_000_000_000) })).outcome).toBe(
      'ok',
    )
    expect((await worker.scheduled({ cron: '13 * * * *', scheduledTime: new Date(0) })).outcome).toBe('exception')
    await rooted(2)
    const [ok, unlucky] = collector.spans().filter((span) => !span.parentSpanId)
    expect(ok!.name).toContain('0 3 * * *')
    expect(attributesOf(ok!)).toMatchObject({
      'faas.trigger': 'timer',
      'faas.cron': '0 3 * * *',
      'faas.time': '2027-01-15T08:00:00.000Z',
    })
    expect(unlucky!.status).toMatchObject({ code: 2, message: 'unlucky' })
    expect(named('tick')).toHaveLength(2)
  })

  test('the first request of an isolate, and only that, is a cold start', async () => {
    const fresh = await start(line, script, { COLLECTOR: collector.url, UPSTREAM })
    try {
      for (let n = 0; n < 3; n++) await (await fresh.dispatchFetch('http://main/none')).text()
      await rooted(3)
      const cold = collector.spans().filter((span) => attributesOf(span)['faas.coldstart'] === true)
      expect(cold).toHaveLength(1)
    } finally {
      await fresh.dispose()
    }
  })

  test('a frozen clock, as in production, gives spans of 0 ms in order', async () => {
    const frozen = await start(line, script, { COLLECTOR: collector.url, UPSTREAM, FROZEN: 'yes' })
    try {
      await (await frozen.dispatchFetch('http://main/work?ms=5')).text()
      await rooted(1)
      const spans = collector.spans()
      expect(spans).toHaveLength(4)
      for (const span of spans) expect([span.startTimeUnixNano, ms(span)]).toEqual(['1800000000000000000', 0])
    } finally {
      await frozen.dispose()
    }
  })

  test('a response tells its trace where that is asked for, and is otherwise the same', async () => {
    const telling = await start(line, script, { COLLECTOR: collector.url, UPSTREAM, TELL: 'yes' })
    try {
      const response = await telling.dispatchFetch('http://main/none', { headers: { 'accept-encoding': 'identity' } })
      expect(await response.text()).toBe('nothing was awaited')
      await rooted(1)
      const { traceId, spanId } = collector.spans()[0]!
      expect([...response.headers].filter(([name]) => name !== 'date')).toEqual([
        ['access-control-expose-headers', 'server-timing'],
        ['content-length', '19'],
        ['content-type', 'text/plain;charset=UTF-8'],
        ['server-timing', `trace;desc=00-${traceId}-${spanId}-03`],
        ['timing-allow-origin', '*'],
      ])
    } finally {
      await telling.dispose()
    }
  })

  test('a client that resets the connection mid-request does not lose its spans', async () => {
    const plainWorker = await serve(line, script, { COLLECTOR: collector.url, UPSTREAM })
    try {
      await resetAfter(plainWorker.port, '/work?ms=300', 100)
      await rooted(1)
      expect(
        collector
          .spans()
          .map((span) => span.name)
          .sort(),
      ).toEqual(['GET', 'GET', 'compute', 'load'])
      expect(ms(named('load')[0]!)).toBeGreaterThanOrEqual(290)
    } finally {
      await plainWorker.close()
    }
  })

  test('module evaluation reads no clock and no randomness, starts no timer, makes no controller', async () => {
    const trapped = await start(line, bundle('./test/workerd/fixtures/trapped.ts'), {
      COLLECTOR: collector.url,
      UPSTREAM,
    })
    try {
      expect(await (await trapped.dispatchFetch('http://main/touched')).json()).toEqual([])
      expect(await (await trapped.dispatchFetch('http://main/none')).text()).toBe('nothing was awaited')
      await rooted(1)
    } finally {
      await trapped.dispose()
    }
  })
})
