// In: the testing kit. Out: what it promises to those who test with it.
import { createTracer, otlp, type SpanRecord } from 'clew'
import { protobuf } from 'clew/flush'
import { logs } from 'clew/logs'
import {
  countingBytes,
  type Fault,
  fakeCollector,
  manualClock,
  recorder,
  type TraceMatchers,
  traceMatchers,
  traceTree,
} from 'clew/testing'
import { expect as jestExpect } from 'expect'
import { beforeEach, describe, expect, test, vi } from 'vitest'

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends TraceMatchers<R> {}
}

expect.extend(traceMatchers)

beforeEach(() => void vi.spyOn(console, 'info').mockImplementation(() => {}))

/** An app that charges a card, badly. */
async function checkout(record: ReturnType<typeof recorder>) {
  const { clock, run, idle } = record
  await run(async (span) => {
    clock.advance(2)
    await span.enterSpan('load cart', { attributes: { 'cart.items': 3, tags: ['a', 'b'] } }, async () =>
      clock.advance(10),
    )
    await span
      .enterSpan('charge', { kind: 2 }, async () => {
        clock.advance(5)
        throw new RangeError('no funds')
      })
      .catch(() => {})
    span.log.info('done')
  })
  await idle()
}

describe('the recorder', () => {
  test('makes the same ids and times in every run', async () => {
    const [one, two] = [recorder(), recorder()]
    await checkout(one)
    await checkout(two)
    expect(one.spans).toEqual(
      two.spans.map((span) => ({ ...span, events: one.spans.find(({ spanId }) => spanId === span.spanId)!.events })),
    )
    expect(one.spans[0]).toMatchObject({ traceId: '00000000000000010000000000000002', spanId: '0000000000000003' })
    expect(one.spans[0]!.startMs).toBe(one.clock.startMs)
  })

  test('lends its options to a tracer of the app’s own', async () => {
    const { options, spans, exporter } = recorder()
    const tracer = createTracer({ service: 'mine', ...options })
    const kept: Promise<unknown>[] = []
    tracer.invoke({ name: 'own', env: {}, keepAlive: (promise) => void kept.push(promise) }, () => {})
    await Promise.all(kept)
    expect(spans).toEqual([])
    expect(exporter.spans).toHaveSpan('own')
    expect(exporter.batches[0]!.resource.attributes['service.name']).toBe('mine')
  })

  test('keeps log records, failures and drops', async () => {
    const record = recorder({ logs: logs({ console: 'none', otlp: true }), limits: { spanCountLimit: 2 } })
    await checkout(record)
    expect(record.logs).toMatchObject([{ body: 'done' }])
    expect(record.drops).toEqual([['buffer_full', 1]])
    expect(record.errors).toEqual([])
  })
})

describe('traceTree', () => {
  const span = (name: string, spanId: string, parentSpanId: string): SpanRecord =>
    ({ name, spanId, parentSpanId, attributes: {}, events: [], statusCode: 0, startMs: 1, endMs: 2 }) as never

  test('shows names, times, chosen attributes, events and status', async () => {
    const record = recorder()
    await checkout(record)
    expect(traceTree(record.spans, { attributes: ['cart.items', 'tags'] })).toBe(
      [
        'root [0+17]',
        '  load cart [2+10] cart.items=3 tags=["a","b"]',
        '  charge [12+5] (exception) ERROR no funds',
      ].join('\n'),
    )
    expect(traceTree(record.spans, { times: false })).toBe('root\n  load cart\n  charge (exception) ERROR no funds')
  })

  test.each([
    ['nothing', [], ''],
    ['a span whose parent is elsewhere', [span('a', '1', '9')], 'a'],
    ['two traces', [span('a', '1', ''), span('b', '2', ''), span('c', '3', '1')], 'a\n  c\nb'],
    ['a parent that comes later', [span('child', '2', '1'), span('parent', '1', '')], 'parent\n  child'],
    ['spans that are each other’s parents', [span('a', '1', '2'), span('b', '2', '1')], 'a\n  b'],
    ['the same span twice', [span('a', '1', ''), span('a', '1', '')], 'a\na'],
  ])('%s', (_what, spans, text) => expect(traceTree(spans, { times: false })).toBe(text))
})

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>> extends TraceMatchers<R> {}
}

jestExpect.extend(traceMatchers)

test('the matchers work in Jest: both ways, with its asymmetric matchers, and show the trace when they fail', async () => {
  const record = recorder()
  await checkout(record)
  jestExpect(record).toHaveSpan('charge')
  jestExpect(record.spans).toHaveSpan({
    name: jestExpect.stringMatching(/^char/),
    attributes: { 'error.type': jestExpect.any(String) },
  })
  jestExpect(record).not.toHaveSpan('refund')
  jestExpect(record).toMatchTrace('root\n  load cart\n  charge (exception) ERROR no funds')
  jestExpect(record).not.toMatchTrace('root')
  expect(() => jestExpect(record).toHaveSpan('refund')).toThrow(/a span like .*refund.*\n\nroot\n {2}load cart/)
  expect(() => jestExpect(record).not.toHaveSpan('charge')).toThrow(/no span like/)
  expect(() => jestExpect(record).toMatchTrace('root\n  load cart')).toThrow(
    /but it is\n\nroot\n {2}load cart\n {2}charge/,
  )
})

describe('the matchers', () => {
  const failureOf = (check: () => void): string => {
    try {
      check()
    } catch (error) {
      return String(error)
    }
    return ''
  }

  test('toHaveSpan takes a name, or as much of a span as is given', async () => {
    const record = recorder()
    await checkout(record)
    expect(record).toHaveSpan('charge')
    expect(record.spans).toHaveSpan({ name: 'load cart', attributes: { 'cart.items': 3 } })
    expect(record).toHaveSpan({
      name: expect.stringMatching(/^char/),
      kind: 2,
      status: 'error',
      event: 'exception',
      parent: 'root',
      statusMessage: 'no funds',
      attributes: { 'error.type': expect.any(String) },
    })
    for (const wanted of [
      'refund',
      { name: 'charge', kind: 3 },
      { name: 'charge', status: 'ok' },
      { name: 'charge', event: 'retry' },
      { name: 'charge', parent: 'load cart' },
      { name: 'load cart', attributes: { 'cart.items': 4 } },
    ] as const)
      expect(record).not.toHaveSpan(wanted)
  })

  test('toMatchTrace compares whole traces, indented as one likes, with times or without', async () => {
    const record = recorder()
    await checkout(record)
    expect(record).toMatchTrace(`
      root
        load cart
        charge (exception) ERROR no funds
    `)
    expect(record).toMatchTrace(
      `
      root [0+17]
        load cart [2+10] cart.items=3
        charge [12+5] (exception) ERROR no funds`,
      { attributes: ['cart.items'] },
    )
    expect(record).not.toMatchTrace('root')
  })

  test('a failure shows the trace that there is', async () => {
    const record = recorder()
    await checkout(record)
    for (const failure of [
      failureOf(() => expect(record).toHaveSpan('refund')),
      failureOf(() => expect(record).toMatchTrace('x')),
    ])
      expect(failure).toContain('  charge (exception) ERROR no funds')
  })
})

describe('the fake collector', () => {
  const send = async (collector: ReturnType<typeof fakeCollector>, options: object = {}) => {
    const { run, idle, drops } = recorder({
      exporter: otlp({ url: collector.url, timeoutMs: 300, ...options }),
      fetch: collector.fetch,
      now: Date.now,
      random: () => 0,
      logs: logs({ console: 'none', otlp: true }),
    })
    run((span) => {
      span.setAttributes({
        n: 1,
        f: 0.5,
        t: 'x',
        b: true,
        list: [1, 'a'],
        map: { a: null },
        bytes: new Uint8Array([1]),
      })
      span.addEvent('e', { k: 'v' }).addLink({ context: span.spanContext() })
      span.log.warn('said', { k: 1 })
    })
    await idle()
    return drops
  }

  test('takes requests apart into spans and log records', async () => {
    const collector = fakeCollector()
    expect(await send(collector)).toEqual([])
    expect(collector).toHaveSpan({
      name: 'root',
      attributes: { n: 1, f: 0.5, t: 'x', b: true, list: [1, 'a'], map: { a: null }, bytes: new Uint8Array([1]) },
      event: 'e',
    })
    expect(collector.spans[0]!.links).toHaveLength(1)
    expect(collector.logs).toMatchObject([{ body: 'said', severityText: 'WARN', attributes: { k: 1 }, traceFlags: 3 }])
    expect(collector.requests.map(({ url }) => url).sort()).toEqual([
      'https://collector.test/v1/logs',
      'https://collector.test/v1/traces',
    ])
    collector.reset()
    expect(collector.requests).toEqual([])
  })

  test('keeps protobuf as bytes', async () => {
    const collector = fakeCollector()
    await send(collector, { encoder: protobuf() })
    expect(collector.requests[0]!.body).toBeInstanceOf(Uint8Array)
    expect(collector.spans).toEqual([])
  })

  test.each<[Fault, boolean, string | undefined]>([
    [{ kind: 'status', status: 400 }, false, 'refused'],
    [{ kind: 'status', status: 204 }, true, undefined],
    [{ kind: 'hang' }, false, 'timeout'],
    [{ kind: 'html' }, false, 'refused'],
    [{ kind: 'reset-mid-body' }, true, undefined],
    [{ kind: 'huge', bytes: 100_000 }, true, undefined],
    [{ kind: 'partial', rejected: 1, message: 'no' }, true, 'rejected'],
    [{ kind: 'delay', ms: 5 }, true, undefined],
  ])('misbehaves by script: %j', async (fault, accepted, reason) => {
    const collector = fakeCollector()
    collector.script(fault, fault)
    const drops = await send(collector)
    expect(collector.requests[0]).toMatchObject({ fault, accepted })
    expect(drops.find(([why]) => why !== 'logs')?.[0]).toBe(reason)
  })

  test('a reset is tried again', async () => {
    const collector = fakeCollector()
    collector.script({ kind: 'reset' })
    expect(await send(collector, { timeoutMs: 5000 })).toEqual([])
    expect(collector).toHaveSpan('root')
    expect(collector.requests).toHaveLength(3)
  })
})

test('clock and bytes count', () => {
  const clock = manualClock(5)
  expect([clock.now(), clock.advance(2), clock.now(), clock.startMs]).toEqual([5, 7, 7, 5])
  const bytes = new Uint8Array(16)
  countingBytes()(bytes)
  expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2])
})
