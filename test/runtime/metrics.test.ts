// In: invocations, sampled and not. Out: histograms of all of them, in bytes that an independent decoder reads.
import { type InvocationStart, otlp, SpanKind } from 'clew'
import { type MetricsOptions, metrics, metricsJson, metricsProtobuf } from 'clew/metrics'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_SERIES } from '../../src/runtime/metrics.ts'
import { Collector, plain } from '../collector.ts'
import { bench } from './harness.ts'

let collector: Collector
beforeEach(async () => void (collector = await Collector.start()))
afterEach(() => collector.close())

const http = (route: string, status: number, error?: string): Partial<InvocationStart<unknown>> => ({
  kind: SpanKind.SERVER,
  attributes: {
    'http.request.method': 'GET',
    'http.route': route,
    'http.response.status_code': status,
    'url.scheme': 'https',
    'url.path': `/never/${Math.random()}`,
    ...(error && { 'error.type': error }),
  },
})

const made = (options: object = {}, own: Partial<MetricsOptions> = {}) => {
  const record = bench({
    exporter: otlp({ url: collector.url }),
    metrics: metrics({ url: collector.url, intervalMs: 0, ...own }),
    ...options,
  })
  /** One invocation that lasts so long. */
  const last = async (ms: number, start: Partial<InvocationStart<unknown>>) => {
    record.run(() => void record.clock.advance(ms), start)
    await record.idle()
  }
  return { ...record, last }
}

describe.each([
  ['JSON', metricsJson],
  ['protobuf', metricsProtobuf],
])('as %s', (_name, encoder) => {
  test('a request is a point: name, unit, attributes, times, buckets and exemplar', async () => {
    const { last, clock } = made({}, { encoder: encoder() })
    await last(30, http('/carts/:id', 200))
    const [metric] = collector.metrics()
    expect(metric).toMatchObject({ name: 'http.server.request.duration', unit: 's' })
    expect(metric!.histogram.aggregationTemporality).toBe(1)
    const [point] = metric!.histogram.dataPoints
    expect(plain(point!.attributes)).toEqual({
      'http.request.method': 'GET',
      'http.route': '/carts/:id',
      'http.response.status_code': 200n,
      'url.scheme': 'https',
    })
    expect(point).toMatchObject({
      startTimeUnixNano: `${clock.startMs}000000`,
      timeUnixNano: `${clock.startMs + 30}000000`,
      count: '1',
      sum: 0.03,
      min: 0.03,
      max: 0.03,
      explicitBounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
      bucketCounts: ['0', '0', '0', '1', ...new Array(11).fill('0')],
    })
    const [span] = collector.spans()
    expect(point!.exemplars).toEqual([
      expect.objectContaining({ traceId: span!.traceId, spanId: span!.spanId, asDouble: 0.03 }),
    ])
  })

  test('bucket bounds are inclusive above; what is beyond the last has a bucket', async () => {
    const { last } = made({}, { encoder: encoder(), bounds: [0.01, 0.02], intervalMs: 1000 })
    for (const ms of [10, 11, 20, 21, 5000]) await last(ms, http('/', 200))
    const points = collector.metrics().flatMap(({ histogram }) => histogram.dataPoints)
    expect(points.map(({ bucketCounts }) => bucketCounts)).toEqual([
      ['1', '0', '0'],
      ['0', '2', '2'],
    ])
  })
})

test('every invocation counts, sampled or not; only kept traces are exemplars', async () => {
  const drop = { shouldSample: () => ({ decision: 'DROP' as const }) }
  const { last, drops } = made({ sampler: drop })
  await last(1, http('/a', 200))
  expect(collector.spans()).toEqual([])
  expect(drops).toEqual([])
  const [point] = collector.metrics()[0]!.histogram.dataPoints
  expect(point).toMatchObject({ count: '1', exemplars: [] })
})

test('route, status, method and error tell series apart; nothing with a path in it does', async () => {
  const { last } = made({}, { intervalMs: 1_000_000_000 })
  await last(0, http('/first', 200))
  collector.reset()
  const later = made({}, { intervalMs: 50 })
  await later.last(0, http('/first', 200))
  collector.reset()
  for (const [route, status, error] of [
    ['/a', 200],
    ['/a', 200],
    ['/a', 500, '500'],
    ['/b', 200],
  ] as const)
    await later.last(1, http(route, status, error))
  await later.last(50, http('/a', 200))
  const counts = collector
    .metrics()[0]!
    .histogram.dataPoints.map(({ attributes, count }) => [
      plain(attributes)['http.route'],
      Number(plain(attributes)['http.response.status_code']),
      count,
    ])
  expect(counts).toEqual([
    ['/a', 200, '3'],
    ['/a', 500, '1'],
    ['/b', 200, '1'],
  ])
})

test.each([
  ['http.server.request.duration', http('/', 200)],
  [
    'messaging.process.duration',
    {
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.system': 'cloudflare_queues', 'messaging.operation.name': 'process' },
    },
  ],
  [
    'faas.invoke_duration',
    { kind: SpanKind.SERVER, attributes: { 'faas.trigger': 'timer', 'faas.cron': '* * * * *' } },
  ],
])('%s', async (name, start) => {
  const { last } = made()
  await last(1, start)
  expect(collector.metrics().map((metric) => metric.name)).toEqual([name])
})

test('isolates send at most once an interval, and tell nothing twice', async () => {
  const { last } = made({}, { intervalMs: 100 })
  for (let i = 0; i < 30; i++) await last(10, http('/', 200))
  const points = collector.metrics().flatMap(({ histogram }) => histogram.dataPoints)
  expect(points.map(({ count }) => count)).toEqual(['1', '10', '10'])
  // The end of one is the start of the next.
  expect(points[1]!.startTimeUnixNano).toBe(points[0]!.timeUnixNano)
  expect(points[2]!.startTimeUnixNano).toBe(points[1]!.timeUnixNano)
})

test(`beyond ${MAX_SERIES} sets of attributes all count as one`, async () => {
  const { last } = made({ sampler: { shouldSample: () => ({ decision: 'DROP' }) } }, { intervalMs: 10_000_000 })
  await last(0, http('/first', 200))
  for (let i = 0; i <= MAX_SERIES + 1; i++) await last(0, http(`/${i}`, 200))
  await last(10_000_000, http('/last', 200))
  const points = collector.metrics().at(-1)!.histogram.dataPoints
  expect(points).toHaveLength(MAX_SERIES + 1)
  expect(plain(points.at(-1)!.attributes)).toEqual({ 'otel.metric.overflow': true })
  expect(points.at(-1)!.count).toBe('3')
})

test('a receiver that fails is not felt', async () => {
  collector.decide(() => ({ kind: 'status', status: 400 }))
  const { last, errors } = made()
  await last(1, http('/', 200))
  expect(errors).toEqual([])
})

test.each([
  ['a URL that is none', () => metrics({ url: 'collector' })],
  ['bounds that do not increase', () => metrics({ url: 'https://a.example', bounds: [1, 1] })],
])('refuses %s', (_what, make) => expect(make).toThrow(/clew|url|bounds/i))

test('the endpoint is the sibling of that of spans', async () => {
  const { last } = made({}, { url: `${collector.url}/v1/traces` })
  await last(1, http('/', 200))
  expect(collector.requests.map(({ path }) => path)).toContain('/v1/metrics')
})
