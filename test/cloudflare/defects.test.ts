// What other tracers got wrong on Workers, each as a promise.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { plain } from '../collector.ts'
import { LINES, named, type Running, run, tree, worker } from './harness.ts'

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      worker('defects', 'defects', {
        bindings: { OTLP_URL: url, JSON: { nested: { a: 1 } } },
        kvNamespaces: ['KV'],
        queueProducers: { JOBS: { queueName: 'jobs' } },
        queueConsumers: { jobs: { maxBatchSize: 1, maxBatchTimeout: 0 } },
        serviceBindings: { SELF: 'defects' },
      }),
      worker('watched', 'watched', { tails: ['defects'] }),
    ])
  })
  afterAll(() => running?.close())
  beforeEach(() => running.collector.reset())
  const fetch = (path: string, init?: object) => running.miniflare.dispatchFetch(`http://defects${path}`, init as never)

  it('writes nothing to the console while nothing is lost', async () => {
    await fetch('/wait?ms=1')
    await fetch('/calls')
    expect(await (await fetch('/written')).json()).toEqual([])
  })

  it('keeps concurrent requests of one trace apart', async () => {
    const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    await Promise.all([fetch('/wait?ms=300&status=503', { headers }), fetch('/wait?ms=20', { headers })])
    const spans = await running.spans(named('GET', 'GET'))
    const roots = spans.filter(({ kind }) => kind === 2)
    const told = roots.map((span) => {
      const { waited, 'http.response.status_code': status } = plain(span.attributes)
      const ms = (Number(span.endTimeUnixNano) - Number(span.startTimeUnixNano)) / 1e6
      return [waited, status, ms >= Number(waited) && ms < Number(waited) + 250]
    })
    expect(told.sort()).toEqual([
      ['20', 200n, true],
      ['300', 503n, true],
    ])
    expect(new Set(roots.map(({ traceId }) => traceId))).toEqual(new Set(['0af7651916cd43dd8448eb211c80319c']))
  })

  it('sends one POST for one request, none of them empty, and none about its own export', async () => {
    await fetch('/wait?ms=20')
    await fetch('/nothing')
    await running.collector.until(() => running.collector.requests.length === 2)
    const sizes = running.collector.requests.map(({ traces }) => traces!.resourceSpans[0]!.scopeSpans[0]!.spans.length)
    expect(sizes).toEqual([2, 1])
    const spans = await running.spans(() => true)
    expect(spans.filter(({ attributes }) => String(plain(attributes)['url.full']).includes('/v1/traces'))).toEqual([])
  })

  it('exports a request that does no I/O', async () => {
    await fetch('/nothing')
    expect(tree(await running.spans(named('GET')), /^$/)).toBe('SERVER GET')
  })

  it('sends what runs under waitUntil in the same POST', async () => {
    await fetch('/background')
    await running.collector.until(() => running.collector.requests.length > 0)
    expect(tree(await running.spans(() => true), /^$/)).toBe('SERVER GET\n  INTERNAL background')
  })

  it('exports the links given at the start', async () => {
    await fetch('/links')
    expect(tree(await running.spans(named('GET')), /^$/)).toBe('SERVER GET\n  INTERNAL linked <- GET')
  })

  it('carries the trace over service bindings without being told to', async () => {
    const headers = (await (await fetch('/calls')).json()) as Record<string, string>
    const spans = await running.spans(named('GET', 'GET', 'GET'))
    const client = spans.find(({ kind }) => kind === 3)!
    expect(headers['traceparent']).toBe(`00-${client.traceId}-${client.spanId}-03`)
  })

  it('counts concurrent batches each on its own', async () => {
    await fetch('/jobs')
    const spans = await running.spans(named('process jobs', 'process jobs'))
    const batches = spans.filter(({ name }) => name === 'process jobs')
    expect(batches.map(({ attributes }) => plain(attributes)['cloudflare.queue.ack_count'])).toEqual([1n, 1n])
  })

  it('holds up the acknowledgement of a batch no longer than it is told to', async () => {
    running.collector.decide(() => ({ kind: 'hang' }))
    const defects = await running.miniflare.getWorker('defects')
    const message = { id: '1', timestamp: new Date(), attempts: 1, body: { wait: 0 } }
    const beganMs = Date.now()
    const { outcome, explicitAcks } = await defects.queue('jobs', [message])
    // The exporter alone would wait for 10 s.
    expect(Date.now() - beganMs).toBeLessThan(5_000)
    expect([outcome, explicitAcks]).toEqual(['ok', ['1']])
  })

  it('leaves alone what is switched off or unknown, and forwards what it does not know of a binding', async () => {
    expect(await (await fetch('/untouched')).json()).toEqual([
      true,
      true,
      ['JOBS', 'JSON', 'KV', 'OTLP_URL', 'SELF'],
      true,
      'KvNamespace',
      true,
      expect.any(Array),
    ])
    expect((await fetch('/metrics')).status).toBe(200)
    await running.spans(named('GET', 'GET'))
  })

  it('names spans by method, never by path, and says nothing of a success', async () => {
    await fetch('/nothing/42')
    const [span] = await running.spans(named('GET'))
    expect(span!.status?.code ?? 0).toBe(0)
  })

  it('ends the span of a send that fails, as an error', async () => {
    expect(await (await fetch('/send-fails')).json()).toEqual(['rejected', 'rejected'])
    const told = tree(await running.spans(named('GET')), /error\.type/)
    expect(told).toMatch(/^ {2}PRODUCER send JOBS \{error\.type="TypeError"\} !.*\n {2}PRODUCER send JOBS \{error/m)
  })

  it('sends the spans of several traces in one POST', async () => {
    await fetch('/traces')
    await running.collector.until(() => running.collector.spans().length === 4)
    expect(running.collector.requests).toHaveLength(1)
    expect(new Set(running.collector.spans().map(({ traceId }) => traceId)).size).toBe(4)
  })

  it('records an e-mail without who wrote it to whom', async () => {
    const response = await fetch(
      `/cdn-cgi/${line === '2026-07' ? 'handler' : 'local'}/email?from=alice@example.com&to=bob@example.com`,
      {
        method: 'POST',
        body: 'From: alice@example.com\r\nTo: bob@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: secret\r\n\r\nhello',
      },
    )
    expect(response.status).toBe(200)
    const spans = await running.spans(named('email'))
    expect(tree(spans.filter(({ name }) => name === 'email'))).toMatch(/^SERVER email \{cloudflare\.email\.size=\d+\}$/)
    expect(JSON.stringify(spans)).not.toMatch(/alice|bob|secret/)
  })

  it('records a tail', async () => {
    const watched = await running.miniflare.getWorker('watched')
    await watched.fetch('http://watched/')
    expect(tree(await running.spans(named('tail')))).toBe('CONSUMER tail {cloudflare.trace.count=1}')
  })
})
