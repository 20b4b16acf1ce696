// The trace across what carries no headers: RPC, queues, Workflows, alarms, sockets.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { plain } from '../collector.ts'
import { DIRECT, LINES, named, type Running, rawSocket, run, tree, worker } from './harness.ts'

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      worker('aware', 'aware', {
        ...DIRECT,
        bindings: { OTLP_URL: url },
        kvNamespaces: ['KV'],
        queueProducers: { JOBS: { queueName: 'jobs' } },
        queueConsumers: { jobs: { maxBatchTimeout: 0.1, retryDelay: 0 } },
        durableObjects: { ROOM: { className: 'Room', useSQLite: true } },
        workflows: { FLOW: { name: 'flow', className: 'Flow' } },
        serviceBindings: { PAY: { name: 'aware', entrypoint: 'Pay' } },
      }),
    ])
  })
  afterAll(() => running?.close())
  beforeEach(() => running.collector.reset())

  const get = async (path: string): Promise<unknown> =>
    (await running.miniflare.dispatchFetch(`http://aware/${path}`)).json()
  const NOTHING = /^$/

  it('carries the trace in a typed argument of an RPC call', async () => {
    expect(await get('rpc')).toBe(3)
    expect(tree(await running.spans(named('GET', 'Pay/charge')), NOTHING)).toBe(
      `
SERVER GET
  INTERNAL pay
    CLIENT PAY/charge
      SERVER Pay/charge
        CLIENT get KV
        INTERNAL card
          CLIENT get KV`.trim(),
    )
  })

  it('carries it into a Durable Object, whose payload is the caller’s', async () => {
    expect(await get('object')).toBe('n 1 name,$trace')
    expect(tree(await running.spans(named('GET', 'Room/join')), NOTHING)).toBe(
      `
SERVER GET
  CLIENT ROOM/join
    SERVER Room/join
      INTERNAL joining
      CLIENT put storage`.trim(),
    )
  })

  it('hands a call’s own context over, and nothing else', async () => {
    const { answer, unchanged } = (await get('echo')) as { answer: Record<string, never>[]; unchanged: boolean }
    const spans = await running.spans(named('GET', 'inner', 'Pay/echo'))
    const call = spans.find(({ name }) => name === 'PAY/echo')!
    const inner = spans.find(({ name }) => name === 'inner')!
    const parent = ({ spanId, traceId }: typeof call): string => `00-${traceId}-${spanId}-03`
    const own = { deep: { n: 1 }, list: [1] }
    const [carried, foreign, below, text, ...rest] = answer
    expect(carried).toEqual({ ...own, $trace: { traceparent: parent(call), baggage: 'tier=gold' } })
    expect(text).toEqual({ $payload: 'text', $trace: { traceparent: parent(call) } })
    // Of another trace, of a span below the call, of none, or deeper in: as it was.
    expect(foreign!['$trace']).toEqual({
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      extra: 'x',
    })
    expect(below).toEqual({ inner: true, $trace: { traceparent: parent(inner) } })
    const root = spans.find(({ name }) => name === 'GET')!
    expect(rest).toEqual([
      own,
      [{ ...own, $trace: { traceparent: parent(root), baggage: 'tier=gold' } }],
      'plain',
      ...(answer.length === 9 ? [null] : []),
      0,
    ])
    expect(unchanged).toBe(true)
    expect(spans.find(({ name }) => name === 'Pay/echo')!.parentSpanId).toBe(call.spanId)
  })

  it('keeps pipelining, callbacks and disposal where a context is handed over', async () => {
    // Only what was let go of is disposed of: what a pipelined call went through lives on, as it does without clew.
    expect(await get('pipeline')).toEqual([1, ['opened', 'opened', '2'], 1])
    const spans = await running.spans(named('GET', 'Pay/open', 'Pay/open', 'Pay/echo'))
    const calls = spans.filter(({ name }) => name === 'PAY/open').map(({ spanId }) => spanId)
    const parents = spans.filter(({ name }) => name === 'Pay/open').map(({ parentSpanId }) => parentSpanId)
    expect(parents.sort()).toEqual(calls.sort())
  })

  it('makes a message a child of its send, and an instance of the batch that made it', async () => {
    await get('sent')
    const sent = await running.spans(named('GET', 'process jobs'))
    expect(tree(sent, NOTHING)).toBe(
      `
SERVER GET
  PRODUCER send JOBS
    INTERNAL process one job <- process jobs
CONSUMER process jobs <- send JOBS`.trim(),
    )
    await get('flows')
    const forms = line === '2026-07' ? 1 : 2
    const spans = await running.spans(named('GET', ...Array(forms).fill('run Flow')))
    const batches = spans.filter(({ name }) => name === 'createBatch FLOW').map(({ spanId }) => spanId)
    const runs = spans.filter(({ name }) => name === 'run Flow').map(({ parentSpanId }) => parentSpanId)
    expect(runs.sort()).toEqual(batches.slice(0, forms).sort())
  })

  it('tells two calls of one object apart, and says so where it cannot', async () => {
    expect(await get('slow')).toEqual(['nothing', 'recording'])
    const spans = await running.spans(named('GET', 'Room/slow', 'Room/slow'))
    const calls = spans.filter(({ name }) => name === 'Room/slow')
    const names = calls.map(({ attributes, spanId }) => {
      const put = spans.find(({ parentSpanId }) => parentSpanId === spanId)!
      return [plain(attributes)['name'], plain(put.attributes)['cloudflare.durable_object.kv.query.keys']]
    })
    expect(names.sort()).toEqual([
      ['x', ['x']],
      ['y', ['y']],
    ])
    expect(await get('errors')).toEqual([
      'Error: several calls are running: take spanOf(this) on the first line, before any await',
    ])
  })

  it('links a batch to each message, continues each, and counts what became of them', async () => {
    await get('queue')
    const spans = await running.spans(named('GET', 'process jobs', 'process jobs'))
    const [first, second] = spans.filter(({ name }) => name === 'process jobs')
    const producer = spans.find(({ name }) => name === 'send JOBS')!
    expect(first!.links.map(({ traceId, spanId }) => [traceId, spanId])).toEqual(
      Array(3).fill([producer.traceId, producer.spanId]),
    )
    expect(plain(first!.attributes)).toMatchObject({
      'messaging.batch.message_count': 3n,
      'cloudflare.queue.ack_count': 1n,
      'cloudflare.queue.retry_count': 1n,
    })
    expect(plain(second!.attributes)).toMatchObject({ 'messaging.batch.message_count': 1n })
    const jobs = spans.filter(({ name }) => name === 'process one job')
    expect(jobs.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual(
      Array(4).fill([producer.traceId, producer.spanId]),
    )
    expect(jobs.map(({ attributes }) => plain(attributes)['n'])).toEqual([1n, 2n, 3n, 2n])
  })

  it('makes one trace of a Workflow that is replayed: every attempt once, and what it waits for', async () => {
    expect(await get('flow')).toBe('order-1')
    const { collector } = running
    await collector.until(() => named('step charge', 'step charge')(collector.spans()))
    // The run begins anew from its top: what is done is not done again, and is not told again.
    expect(await get('pause')).toBe('resumed')
    expect(await get('approve')).toBe('sent')
    await expect.poll(() => get('status'), { timeout: 10_000 }).toBe('complete')
    const spans = await running.spans(named('run Flow'))
    const flow = spans.filter(({ traceId }) => traceId === spans.find(({ name }) => name === 'run Flow')!.traceId)
    expect(tree(flow, /attempt|workflow\.event/)).toBe(
      `
SERVER GET
  PRODUCER create FLOW
    SERVER run Flow
      INTERNAL step reserve {cloudflare.workflow.step.attempt=1}
        CLIENT put KV
      INTERNAL step charge {cloudflare.workflow.step.attempt=1} !declined
      INTERNAL step charge {cloudflare.workflow.step.attempt=2}
      INTERNAL sleep cool down
      INTERNAL waitForEvent approval`.trim(),
    )
    expect(new Set(flow.map(({ spanId }) => spanId)).size).toBe(flow.length)
  })

  it('gives the host’s object back, and keeps classes what they are', async () => {
    expect(await get('unwrap')).toEqual([true, false])
    expect(await get('statics')).toEqual(['static private', 'Room', true])
  })

  it('links a socket’s messages to its connection, after hibernation too', async () => {
    const { webSocket: socket } = (await running.miniflare.dispatchFetch('http://aware/socket', {
      headers: { upgrade: 'websocket' },
    })) as unknown as { webSocket: { accept(): void; send(data: string): void; close(): void } & EventTarget }
    socket.accept()
    const answer = () =>
      new Promise<unknown>((resolve) =>
        socket.addEventListener('message', (event) => resolve((event as MessageEvent).data), { once: true }),
      )
    const first = answer()
    socket.send('one')
    expect(await first).toBe('u one')
    // An object that still sends its spans does not hibernate; a forced eviction would cut the export off.
    const { collector } = running
    await collector.until(() => named('GET', 'GET', 'webSocketMessage')(collector.spans()))
    const { unsafeEvictDurableObject: evict } = running.miniflare as unknown as {
      unsafeEvictDurableObject?(script: string, name: string, options: object): Promise<void>
    }
    if (evict) await evict.call(running.miniflare, 'aware', 'Room', { name: 'socket', webSockets: 'hibernate' })
    const second = answer()
    socket.send('two')
    expect(await second).toBe('u two')
    socket.send('fail')
    socket.close()
    const spans = await running.spans(named('GET', 'GET', ...Array(3).fill('webSocketMessage'), 'webSocketClose'))
    const connection = spans.find(
      ({ name, parentSpanId }) =>
        name === 'GET' && spans.some(({ spanId, kind }) => spanId === parentSpanId && kind === 3),
    )!
    // Each event sends its own spans: which arrive first is the network's affair.
    const seen = spans
      .filter(({ name }) => name.startsWith('webSocket'))
      .map(({ name, links, status }) => `${name} ${links[0]?.spanId} ${status?.message ?? ''}`)
    expect(seen.sort()).toEqual([
      `webSocketClose ${connection.spanId} `,
      `webSocketMessage ${connection.spanId} `,
      `webSocketMessage ${connection.spanId} `,
      `webSocketMessage ${connection.spanId} message failed on purpose`,
    ])
    expect(plain(connection.attributes)['http.response.status_code']).toBe(101n)
  })

  it('records a hibernating socket that fails, and one whose client is gone, each with a link', async () => {
    for (const [how, name] of [
      ['sendInvalid', 'webSocketError'],
      ['leave', 'webSocketClose'],
    ] as const) {
      const socket = await rawSocket(running, 'aware', '/socket')
      const answered = socket.came()
      socket.send('one')
      await answered
      socket[how]()
      const spans = await running.spans((all) => {
        const ids = new Set(all.map(({ spanId }) => spanId))
        const isLinked = (span: string): boolean =>
          all.some((each) => each.name === span && ids.has(each.links[0]?.spanId ?? ''))
        return isLinked('webSocketMessage') && isLinked(name)
      })
      socket.leave()
      // Of this connection: another one's end may be told meanwhile.
      const event = spans.find(
        (span) => span.name === name && spans.some(({ spanId }) => spanId === span.links[0]?.spanId),
      )!
      const connection = spans.find(({ spanId }) => spanId === event.links[0]!.spanId)!
      expect(plain(connection.attributes)['http.response.status_code']).toBe(101n)
      expect(event.traceId).not.toBe(connection.traceId)
      if (how === 'leave')
        expect(plain(event.attributes)).toMatchObject({
          'cloudflare.websocket.close.code': 1006n,
          'cloudflare.websocket.close.was_clean': false,
        })
      else {
        expect(event.status).toEqual({ code: 2, message: expect.stringMatching(/protocol error.*RSV bits/) })
        expect(plain(event.attributes)).toMatchObject({
          'error.type': 'Error',
          said: expect.stringMatching(/^u WebSocket protocol error/),
        })
        expect(event.events.map((each) => each.name)).toEqual(['exception'])
      }
      running.collector.reset()
    }
  })
})
