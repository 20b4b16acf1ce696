// In: events for real functions under the real runtime interface client. Out: proof that nothing is lost in a freeze.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Collector, plain } from '../collector.ts'
import { NOT_INSTALLED } from '../runtimes/installed.ts'
import { LambdaFunction, RIC } from './runtime-api.ts'

const handlers = new URL('handlers/', import.meta.url).pathname
const V2 = {
  version: '2.0',
  rawPath: '/orders/1',
  rawQueryString: '',
  headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', host: 'api.example' },
  routeKey: 'GET /orders/{id}',
  requestContext: { domainName: 'api.example', http: { method: 'GET', sourceIp: '192.0.2.1', protocol: 'HTTP/1.1' } },
}
/** How late the collector answers: a flush that is in the way of a response shows. */
const SLOW_MS = 300

let collector: Collector
let running: LambdaFunction | undefined

beforeAll(async () => {
  collector = await Collector.start()
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  collector.reset()
})
afterAll(() => collector.close())

async function start(file: string, define: object = {}, env: Record<string, string> = {}): Promise<LambdaFunction> {
  return (running = await LambdaFunction.start(handlers + file, {
    define: { OTLP_URL: collector.url, EXTENSION: false, ...define },
    env,
  }))
}

const names = (): string[] =>
  collector
    .spans()
    .map(({ name }) => name)
    .sort()

/** The names of the spans in each line of the log that has some, once there are so many. */
async function linesOf(lambda: LambdaFunction, count: number): Promise<string[][]> {
  const lines = (): string[] => lambda.output.split('\n').filter((line) => /resourceSpans.*\}$/.test(line))
  await lambda.until(() => lines().length >= count)
  return lines().map((line) => {
    const { resourceSpans } = JSON.parse(line.slice(line.indexOf('{')))
    return resourceSpans[0].scopeSpans[0].spans.map(({ name }: { name: string }) => name)
  })
}

describe.skipIf(!RIC)(`AWS Lambda${RIC ? '' : ` (${NOT_INSTALLED})`}`, () => {
  it('sends the spans before the response, so that a freeze loses none', async () => {
    const lambda = await start('buffered.ts')
    const { body, isError } = await lambda.invoke(V2)
    expect(isError).toBe(false)
    expect(body).toMatchObject({ said: 'hello', requestId: 'request-1' })
    expect(names()).toEqual(['GET /orders/{id}', 'init', 'work'])
    await lambda.frozen()
    await lambda.invoke({})
    expect(names()).toEqual(['GET /orders/{id}', 'init', 'orders', 'work', 'work'])
    expect(collector.requests).toHaveLength(2)
  })

  it.each([
    ['before the response', 'buffered.ts', false],
    ['after the response, with an extension', 'buffered.ts', true],
    ['after the end of the stream', 'streaming.ts', false],
    ['after the end of the stream, with an extension', 'streaming.ts', true],
  ])('loses nothing of five events, frozen after each: %s', async (_, file, EXTENSION) => {
    collector.decide(() => ({ kind: 'delay', ms: 50 }))
    const lambda = await start(file, { EXTENSION })
    for (let count = 1; count <= 5; count++) {
      const traceId = `${count}`.repeat(32)
      const headers = { ...V2.headers, traceparent: `00-${traceId}-b7ad6b7169203331-01` }
      await lambda.invoke({ ...V2, headers })
      await lambda.frozen()
      const spans = collector.spans().filter((span) => span.traceId === traceId && span.name !== 'init')
      const root = spans.find(({ kind }) => kind === 2)!
      expect(root.parentSpanId).toBe('b7ad6b7169203331')
      const children = spans.filter((span) => span !== root)
      expect(children.map(({ name }) => name)).toEqual(file === 'buffered.ts' ? ['work'] : ['one', 'two', 'three'])
      for (const child of children) expect(child.parentSpanId).toBe(root.spanId)
    }
    expect(lambda.freezes).toBeGreaterThanOrEqual(5)
    expect(collector.requests).toHaveLength(5)
    expect(collector.dropped()).toEqual({})
  })

  it('describes the function, the invocation and the request', async () => {
    const lambda = await start('buffered.ts')
    await lambda.invoke(V2)
    const { resource, scopeSpans } = collector.requests[0]!.traces!.resourceSpans[0]!
    expect(plain(resource!.attributes)).toMatchObject({
      'service.name': 'orders',
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_lambda',
      'cloud.region': 'eu-central-1',
      'cloud.account.id': '123456789012',
      'faas.name': 'orders',
      'faas.version': '7',
      'faas.instance': '2026/11/20/[7]0123',
      'faas.max_memory': 268_435_456n,
      'aws.log.group.names': ['/aws/lambda/orders'],
      'aws.log.stream.names': ['2026/11/20/[7]0123'],
      'telemetry.sdk.language': 'nodejs',
    })
    const root = scopeSpans[0]!.spans.find(({ name }) => name === 'GET /orders/{id}')!
    expect(root.kind).toBe(2)
    expect(root.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(root.parentSpanId).toBe('b7ad6b7169203331')
    expect(plain(root.attributes)).toMatchObject({
      'faas.trigger': 'http',
      'faas.coldstart': true,
      'faas.invocation_id': 'request-1',
      'aws.lambda.invoked_arn': 'arn:aws:lambda:eu-central-1:123456789012:function:orders:live',
      'cloud.resource_id': 'arn:aws:lambda:eu-central-1:123456789012:function:orders:7',
      'http.request.method': 'GET',
      'http.route': '/orders/{id}',
      'http.response.status_code': 200n,
      'url.path': '/orders/1',
      'client.address': '192.0.2.1',
    })
    const init = scopeSpans[0]!.spans.find(({ name }) => name === 'init')!
    expect(init.parentSpanId).toBe(root.spanId)
    expect(BigInt(init.startTimeUnixNano) < BigInt(root.startTimeUnixNano)).toBe(true)
  })

  it('waits for the work after the response, because nothing else would', async () => {
    const lambda = await start('buffered.ts')
    await lambda.invoke({ later: true })
    expect(names()).toEqual(['init', 'later', 'orders', 'work'])
  })

  it('gives an export before the response no more than its time', async () => {
    collector.decide(() => ({ kind: 'hang' }))
    const lambda = await start('buffered.ts')
    const startMs = Date.now()
    const { body, arrivals } = await lambda.invoke({}, { timeoutMs: 60_000 })
    expect(body).toMatchObject({ said: 'hello' })
    const tookMs = arrivals.at(-1)! - startMs
    expect(tookMs).toBeGreaterThan(900)
    expect(tookMs).toBeLessThan(5000)
  })

  it('hands the error on as it was, with its span', async () => {
    const lambda = await start('buffered.ts')
    const { body, isError } = await lambda.invoke({ throws: 'no stock' })
    expect(isError).toBe(true)
    expect(body).toMatchObject({ errorType: 'TypeError', errorMessage: 'no stock' })
    const root = collector.spans().find(({ name }) => name === 'orders')!
    expect(root.status).toMatchObject({ code: 2, message: 'no stock' })
    expect(root.events.map(({ name }) => name)).toEqual(['exception'])
  })

  it('sends what there is before the function runs out of time', async () => {
    const lambda = await start('buffered.ts')
    lambda.invoke({ never: true }, { timeoutMs: 1500 })
    await collector.until(() => collector.spans().length === 3)
    const root = collector.spans().find(({ name }) => name === 'orders')!
    expect(plain(root.attributes)).toMatchObject({ 'clew.unfinished': true })
  })

  it('ends the stream before it sends the spans of a streamed response', async () => {
    collector.decide(() => ({ kind: 'delay', ms: SLOW_MS }))
    const lambda = await start('streaming.ts')
    const { chunks, arrivals, headers } = await lambda.invoke(V2)
    const text = chunks.join('')
    expect(text).toBe(`{"statusCode":201}${'\0'.repeat(8)}one two three`)
    expect(headers['lambda-runtime-function-response-mode']).toBe('streaming')
    await lambda.frozen()
    expect(Date.now() - arrivals.at(-1)!).toBeGreaterThanOrEqual(SLOW_MS - 50)
    expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan(60)
    expect(names()).toEqual(['GET /orders/{id}', 'init', 'one', 'three', 'two'])
  })

  it('keeps the error of a streaming handler, and what it had streamed', async () => {
    const lambda = await start('streaming.ts')
    const { chunks } = await lambda.invoke({ throws: 'broken off' })
    expect(chunks.join('')).toContain('one ')
    await lambda.frozen()
    const root = collector.spans().find(({ name }) => name === 'orders')!
    expect(root.status).toMatchObject({ code: 2, message: 'broken off' })
  })

  it('sends after the response with an extension, and delays the response by nothing', async () => {
    collector.decide(() => ({ kind: 'delay', ms: SLOW_MS }))
    const lambda = await start('buffered.ts', { EXTENSION: true })
    for (let i = 0; i < 3; i++) {
      const { body } = await lambda.invoke({})
      expect(body).toMatchObject({ said: 'hello' })
      // The response is here, and the spans are not yet: they cannot have been in its way.
      expect(collector.spans().filter(({ name }) => name === 'orders')).toHaveLength(i)
      await lambda.frozen()
      expect(collector.spans().filter(({ name }) => name === 'orders')).toHaveLength(i + 1)
    }
    expect(lambda.freezes).toBeGreaterThanOrEqual(3)
  })

  it('loses nothing of a streamed response, with an extension', async () => {
    collector.decide(() => ({ kind: 'delay', ms: SLOW_MS }))
    const lambda = await start('streaming.ts', { EXTENSION: true })
    for (let count = 1; count <= 2; count++) {
      const { chunks } = await lambda.invoke(V2)
      expect(chunks.join('')).toContain('one two three')
      await lambda.frozen()
      expect(names().filter((name) => name === 'GET /orders/{id}')).toHaveLength(count)
    }
    expect(names()).toHaveLength(9)
  })

  it('keeps the environment awake for the work after the response, with an extension', async () => {
    const lambda = await start('buffered.ts', { EXTENSION: true })
    await lambda.invoke({ later: true })
    await lambda.frozen()
    expect(names()).toEqual(['init', 'later', 'orders', 'work'])
  })

  it('loses nothing when the function throws, with an extension', async () => {
    const lambda = await start('buffered.ts', { EXTENSION: true })
    const { isError } = await lambda.invoke({ throws: 'no stock' })
    expect(isError).toBe(true)
    await lambda.frozen()
    expect(names()).toEqual(['init', 'orders', 'work'])
  })

  it('sends what is open at SIGTERM, and then ends as the signal asks', async () => {
    const lambda = await start('buffered.ts', { EXTENSION: true })
    await lambda.invoke({})
    lambda.invoke({ never: true })
    await lambda.until(() => lambda.output.includes('waiting'))
    lambda.signal('SIGTERM')
    expect(await lambda.exited).toBe('SIGTERM')
    expect(names()).toEqual(['init', 'orders', 'orders', 'work', 'work'])
  })

  it('keeps concurrent invocations of a managed instance apart', async () => {
    const env = { AWS_LAMBDA_MAX_CONCURRENCY: '8', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' }
    const lambda = await start(
      'buffered.ts',
      { EXTENSION: true },
      { ...env, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
    )
    const traces = Array.from({ length: 8 }, (_, i) => `${i + 1}`.repeat(32))
    const events = traces.map((trace) => ({
      ...V2,
      sleepMs: 50,
      headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` },
    }))
    const answers = await Promise.all(events.map((event) => lambda.invoke(event)))
    expect(answers.every(({ isError }) => !isError)).toBe(true)
    for (const trace of traces) {
      const spans = collector.spans().filter(({ traceId }) => traceId === trace)
      expect(
        spans
          .map(({ name }) => name)
          .filter((name) => name !== 'init')
          .sort(),
      ).toEqual(['GET /orders/{id}', 'work'])
      const root = spans.find(({ kind }) => kind === 2)!
      expect(spans.find(({ name }) => name === 'work')!.parentSpanId).toBe(root.spanId)
    }
  })

  it('keeps streams of a managed instance apart, which it sends at once', async () => {
    const env = { AWS_LAMBDA_MAX_CONCURRENCY: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '1' }
    const lambda = await start('streaming.ts', {}, { ...env, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' })
    const traces = Array.from({ length: 4 }, (_, i) => `${i + 1}`.repeat(32))
    const answers = await Promise.all(
      traces.map((trace) => lambda.invoke({ ...V2, headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } })),
    )
    for (const { chunks } of answers) expect(chunks.join('')).toContain('one two three')
    await collector.until(() => collector.spans().filter(({ name }) => name !== 'init').length === 16)
    for (const trace of traces) {
      const spans = collector.spans().filter(({ traceId, name }) => traceId === trace && name !== 'init')
      expect(spans.map(({ name }) => name).sort()).toEqual(['GET /orders/{id}', 'one', 'three', 'two'])
    }
  })

  it('writes the spans to the log before the response, for those who ship by logs', async () => {
    const lambda = await start('stdout.ts')
    for (let count = 1; count <= 5; count++) {
      expect((await lambda.invoke({})).body).toBe('done')
      await lambda.frozen()
    }
    // Written before the freeze; the pipe brings it when it likes.
    const [first, ...rest] = await linesOf(lambda, 5)
    expect(first).toEqual(['orders', 'init', 'work'])
    expect(rest).toEqual(Array.from({ length: 4 }, () => ['orders', 'work']))
  })

  it('sends the trace on with a request that Lambda@Edge hands to the origin', async () => {
    const lambda = await start('edge.ts')
    const headers = {
      host: [{ key: 'Host', value: 'cdn.example' }],
      traceparent: [{ key: 'traceparent', value: V2.headers.traceparent }],
    }
    const request = { clientIp: '192.0.2.1', method: 'GET', uri: '/index.html', querystring: '', headers }
    const { body } = await lambda.invoke({ Records: [{ cf: { config: { eventType: 'origin-request' }, request } }] })
    const root = collector.spans().find(({ kind }) => kind === 2)!
    expect(root.parentSpanId).toBe('b7ad6b7169203331')
    const traceparent = `00-${root.traceId}-${root.spanId}-01`
    expect(body).toEqual({
      ...request,
      headers: { ...headers, traceparent: [{ key: 'traceparent', value: traceparent }] },
    })
  })

  it('takes X-Ray for a parent only where it is asked to, and W3C before it', async () => {
    const lambda = await start('xray.ts')
    expect((await lambda.invoke({})).body).toBe('5759e988bd862e3fe1be46a994272793')
    expect((await lambda.invoke(V2)).body).toBe('0af7651916cd43dd8448eb211c80319c')
    const [first] = collector.spans().filter(({ name }) => name === 'orders')
    expect(first!.parentSpanId).toBe('53995c3f42cd8ad8')
  })

  it('links a batch to its messages, and records which of them failed', async () => {
    const lambda = await start('sqs.ts')
    const record = (messageId: string, body: string, more: object): object => ({
      messageId,
      body,
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:jobs',
      attributes: {},
      messageAttributes: {},
      ...more,
    })
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const traceparent = { dataType: 'String', stringValue: `00-${trace}-b7ad6b7169203331-01` }
    const AWSTraceHeader = 'Root=1-11111111-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
    const { body } = await lambda.invoke({
      Records: [
        record('1', 'good', { messageAttributes: { traceparent } }),
        record('2', 'bad', { attributes: { AWSTraceHeader } }),
      ],
    })
    expect(body).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] })
    const spans = collector.spans()
    const root = spans.find(({ name }) => name === 'orders')!
    const batch = spans.find(({ name }) => name === 'jobs process')!
    expect(plain(root.attributes)['faas.trigger']).toBe('pubsub')
    expect(batch).toMatchObject({ kind: 5, parentSpanId: root.spanId, status: { code: 2 } })
    expect(batch.links.map(({ traceId }) => traceId)).toEqual([trace, '11111111bd862e3fe1be46a994272793'])
    expect(plain(batch.attributes)).toMatchObject({
      'messaging.batch.message_count': 2n,
      'aws.lambda.batch_item_failures': 1n,
    })
    expect(batch.events.map(({ attributes }) => plain(attributes)['messaging.message.id'])).toEqual(['2'])
    expect(spans.find(({ name }) => name === 'message 1')!.parentSpanId).toBe(batch.spanId)
  })
})
