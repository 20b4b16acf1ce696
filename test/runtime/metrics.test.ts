// In: invocations, sampled and not. Out: histograms of all of them, in bytes that an independent decoder reads.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type InvocationStart, otlp, SpanKind } from 'clew'
import { type MetricsOptions, metrics, metricsJson, metricsProtobuf } from 'clew/metrics'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_SERIES } from '../../src/runtime/series.ts'
import { Collector, plain } from '../collector.ts'
import { decodeMetrics } from '../otlp-decode.ts'
import { bundle, scratch } from '../runtimes/bundle.ts'
import { inRuntimes, NOT_INSTALLED } from '../runtimes/installed.ts'
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
    const { last } = made({}, { encoder: encoder(), bounds: [0.01, 0.02], intervalMs: 1000, withTraces: false })
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
  const later = made({}, { intervalMs: 50, withTraces: false })
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

describe('what has been counted leaves', () => {
  const counts = (from = collector) =>
    from.metrics().flatMap(({ histogram }) => histogram.dataPoints.map(({ count }) => Number(count)))
  const sum = (from?: Collector) => counts(from).reduce((all, count) => all + count, 0)
  const none = { shouldSample: () => ({ decision: 'DROP' as const }) }

  test('with every trace that is kept, what was not sampled before it included', async () => {
    let isSampled = false
    const sampler = {
      shouldSample: () => ({ decision: isSampled ? ('RECORD_AND_SAMPLE' as const) : ('DROP' as const) }),
    }
    const { last } = made({ sampler }, { intervalMs: 10_000 })
    for (let i = 0; i < 8; i++) {
      isSampled = i % 3 === 2
      await last(10, http('/', 200))
    }
    // The first export is due at once, the others come with traces; the last two wait for the interval.
    expect(counts()).toEqual([1, 2, 3])
    await last(10_000, http('/', 200))
    expect(counts()).toEqual([1, 2, 3, 3])
  })

  test('at most once an interval where asked, and nothing is told twice', async () => {
    const { last } = made({}, { intervalMs: 100, withTraces: false })
    for (let i = 0; i < 30; i++) await last(10, http('/', 200))
    const points = collector.metrics().flatMap(({ histogram }) => histogram.dataPoints)
    expect(points.map(({ count }) => count)).toEqual(['1', '10', '10'])
    // The end of one is the start of the next.
    expect(points[1]!.startTimeUnixNano).toBe(points[0]!.timeUnixNano)
    expect(points[2]!.startTimeUnixNano).toBe(points[1]!.timeUnixNano)
  })

  test('after a while, by an invocation that stays for it, where no other comes', async () => {
    const { run, idle } = made({ sampler: none }, { intervalMs: 10_000, lingerMs: 30 })
    for (let i = 0; i < 5; i++) run(() => {}, http('/', 200))
    // The first is due at once; of the four that are counted after it one waits for all.
    await idle()
    expect(counts()).toEqual([1, 4])
  })

  test('of a host that leaves little time nobody waits', async () => {
    const { run, idle } = made({ sampler: none }, { intervalMs: 10_000, lingerMs: 5_000 })
    const startedMs = performance.now()
    for (let i = 0; i < 3; i++) run(() => {}, { ...http('/', 200), budgetMs: () => 1_000 })
    await idle()
    expect(performance.now() - startedMs).toBeLessThan(2_000)
    expect(sum()).toBe(1)
  })

  const deno = inRuntimes('.bin/deno')
  const bun = inRuntimes('.bin/bun')
  test.for([
    ['Node', process.execPath],
    ['Deno', deno, 'run', '--no-lock', '--allow-net', '--allow-env'],
    ['Bun', bun],
  ])('when a process ends, in %s', async ([_name, command, ...args], context) => {
    if (!command) return context.skip(NOT_INSTALLED)
    const entry = fileURLToPath(new URL('fixtures/metrics.ts', import.meta.url))
    const { path, remove } = await scratch()
    try {
      await writeFile(join(path, 'script.mjs'), await bundle(entry))
      const { stderr } = await promisify(execFile)(command, [
        ...(args as string[]),
        join(path, 'script.mjs'),
        collector.url,
      ])
      expect(stderr).toBe('')
      expect(sum()).toBe(5)
    } finally {
      await remove()
    }
  })

  test('when nobody was there to take it, with the next export, and its time is the whole', async () => {
    const metricsOnly = await Collector.start()
    metricsOnly.script({ kind: 'status', status: 503 }, { kind: 'reset' })
    const { last, clock, drops } = made({}, { url: metricsOnly.url, timeoutMs: 100 })
    for (let i = 0; i < 3; i++) await last(10, http('/', 200))
    expect(metricsOnly.requests.map(({ accepted }) => accepted)).toEqual([false, false, true])
    expect(counts(metricsOnly)).toEqual([3])
    const [point] = metricsOnly.metrics()[0]!.histogram.dataPoints
    expect(point).toMatchObject({
      startTimeUnixNano: `${clock.startMs}000000`,
      timeUnixNano: `${clock.startMs + 30}000000`,
      sum: 0.03,
    })
    expect(drops).toEqual([])
    await metricsOnly.close()
  })

  test.each([
    ['refused for good', { kind: 'status', status: 400 } as const],
    ['never answered, so that it may have been taken', { kind: 'hang' } as const],
  ])('or is counted as lost: %s', async (_what, fault) => {
    const metricsOnly = await Collector.start()
    metricsOnly.decide(() => fault)
    const { last, drops } = made({}, { url: metricsOnly.url, timeoutMs: 100 })
    await last(1, http('/', 200))
    await last(1, http('/', 200))
    expect(drops).toEqual([
      ['metrics', 1],
      ['metrics', 1],
    ])
    // The spans that leave after it tell of it.
    metricsOnly.decide(() => undefined)
    await last(1, http('/', 200))
    expect(collector.dropped()).toEqual({ metrics: 2 })
    expect(sum(metricsOnly)).toBe(1)
    await metricsOnly.close()
  })
})

test('the protobuf says what OpenTelemetry’s own SDK says of the same requests', async () => {
  const { last, clock } = made({}, { encoder: metricsProtobuf() })
  await last(30, http('/carts/:id', 200))
  const [ours] = collector.metrics()
  const { encode } = await theirs()
  const bytes = encode(clock.startMs, clock.startMs + 30, 0.03, {
    'http.request.method': 'GET',
    'http.route': '/carts/:id',
    'http.response.status_code': 200,
    'url.scheme': 'https',
  })
  const reference = decodeMetrics('application/x-protobuf', bytes).resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!
  const { exemplars, ...point } = ours!.histogram.dataPoints[0]!
  expect(exemplars).toHaveLength(1)
  const { exemplars: _, ...referencePoint } = reference.histogram.dataPoints[0]!
  expect(point).toEqual(referencePoint)
  expect({ ...ours, histogram: { ...ours!.histogram, dataPoints: [] } }).toEqual({
    ...reference,
    histogram: { ...reference.histogram, dataPoints: [] },
  })
})

/** A histogram of the real SDK, in the bytes of its own exporter. */
async function theirs() {
  const { AggregationTemporality, DataPointType } = await import('@opentelemetry/sdk-metrics')
  const { ProtobufMetricsSerializer } = await import('@opentelemetry/otlp-transformer')
  const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
  const time = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1e6]
  return {
    encode(startMs: number, endMs: number, value: number, attributes: Record<string, string | number>): Uint8Array {
      const counts = [...bounds.map((bound, i) => Number(value <= bound && value > (bounds[i - 1] ?? 0))), 0]
      const histogram = { buckets: { boundaries: bounds, counts }, count: 1, sum: value, min: value, max: value }
      const metric = {
        descriptor: {
          name: 'http.server.request.duration',
          description: 'Duration of HTTP server requests.',
          unit: 's',
          valueType: 1,
          advice: {},
        },
        aggregationTemporality: AggregationTemporality.DELTA,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: [{ attributes, startTime: time(startMs), endTime: time(endMs), value: histogram }],
      }
      const scopeMetrics = [{ scope: { name: 'clew' }, metrics: [metric] }]
      return ProtobufMetricsSerializer.serializeRequest({ resource: { attributes: {} }, scopeMetrics } as never)!
    },
  }
}

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

test('an encoder that throws costs what it was to encode, and is not felt', async () => {
  const encode = (): never => {
    throw new Error('mine')
  }
  const { last, drops, errors } = made({}, { encoder: { contentType: 'application/json', encode } })
  await last(1, http('/', 200))
  expect({ drops, errors }).toEqual({ drops: [['metrics', 1]], errors: [] })
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
