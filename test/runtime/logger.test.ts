// In: log calls on spans. Out: console lines and OTLP records that belong to the trace.
import { createTracer, memoryExporter, otlp } from 'clew'
import { json, protobuf } from 'clew/flush'
import { logs } from 'clew/logs'
import { fakeCollector } from 'clew/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Collector, plain } from '../collector.ts'
import { bench } from './harness.ts'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

beforeEach(() => {
  for (const method of ['debug', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(() => {})
})
afterEach(() => void vi.restoreAllMocks())

const lines = (method: 'debug' | 'info' | 'warn' | 'error' = 'info') =>
  vi.mocked(console[method]).mock.calls.map(([line]) => JSON.parse(String(line)))

describe('without any option, an entry is one JSON line', () => {
  test('with timestamp, level, service, message, ids and fields', () => {
    const { run } = bench()
    run((span) => span.log.info('payment declined', { decline_reason: 'expired', amount: 12 }))
    expect(lines()).toEqual([
      {
        timestamp: '2027-01-15T08:00:00.000Z',
        level: 'info',
        service: 'test',
        message: 'payment declined',
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
        trace_flags: '03',
        decline_reason: 'expired',
        amount: 12,
      },
    ])
  })

  test('in the span it was written in', async () => {
    const { run, idle, exporter } = bench()
    run((span) => span.enterSpan('inner', (span) => span.log.info('here')))
    await idle()
    expect(lines()[0].span_id).toBe(exporter.spans.find(({ name }) => name === 'inner')!.spanId)
  })

  test.each([
    ['trace', 'debug'],
    ['debug', 'debug'],
    ['info', 'info'],
    ['warn', 'warn'],
    ['error', 'error'],
    ['fatal', 'error'],
  ] as const)('%s goes to console.%s', (level, method) => {
    bench().run((span) => span.log[level]('said'))
    expect(lines(method)).toMatchObject([{ level, message: 'said' }])
  })

  test('fields cannot pass themselves off as what clew says', () => {
    bench().run((span) =>
      span.log.info('true', { trace_id: 'false', level: 'false', message: 'false', service: 'false' }),
    )
    expect(lines()[0]).toMatchObject({ message: 'true', level: 'info', service: 'test' })
    expect(lines()[0].trace_id).not.toBe('false')
  })

  test('an error is its message, type and stack, as the message and as a field', () => {
    bench().run((span) => {
      span.log.error(new TypeError('no such cart'))
      span.log.error('failed', { error: new RangeError('too many') })
    })
    expect(lines('error')).toMatchObject([
      { message: 'no such cart', 'exception.type': 'TypeError', 'exception.stacktrace': expect.any(String) },
      { message: 'failed', error: { 'exception.type': 'RangeError', 'exception.message': 'too many' } },
    ])
  })

  test('what JSON cannot hold costs itself and never the program', () => {
    const { run, errors } = bench()
    const cycle: Record<string, unknown> = { a: 1 }
    cycle['self'] = cycle
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('mine')
      },
    })
    run((span) => {
      span.log.info('cycle', { cycle })
      span.log.info('big', { big: 1n, when: new Date(0), url: new URL('https://a.example/'), f: () => 1, u: undefined })
      span.log.info('hostile', { hostile })
      span.log.info(undefined)
    })
    expect(lines().map(({ message }) => message)).toEqual(['cycle', 'big', 'hostile', 'undefined'])
    expect(lines()[1]).toMatchObject({ big: '1', when: '1970-01-01T00:00:00.000Z', url: 'https://a.example/' })
    expect(errors).toEqual([])
  })

  test('may be handed on detached', async () => {
    const { run } = bench()
    await run((span) => Promise.reject(new Error('gone')).catch(span.log.warn))
    expect(lines('warn')).toMatchObject([{ message: 'gone' }])
  })

  test('a console that throws is not felt', () => {
    const { run, errors } = bench()
    vi.mocked(console.info).mockImplementation(() => {
      throw new Error('no console')
    })
    expect(
      run((span) => {
        span.log.info('x')
        return 42
      }),
    ).toBe(42)
    expect(errors).toHaveLength(1)
  })

  test('a tracer that could not be configured still logs, without ids', () => {
    const tracer = createTracer(() => ({ service: '', exporter: memoryExporter() }))
    tracer.invoke({ name: 'x', env: {}, keepAlive() {} }, (span) => span.log.info('still here', { a: 1 }))
    expect(lines()).toMatchObject([{ message: 'still here', service: 'unknown_service', a: 1 }])
    expect(lines()[0]).not.toHaveProperty('trace_id')
  })
})

describe('logFields', () => {
  test('joins a line of any logger with the trace', () => {
    bench().run((span) => {
      const { traceId, spanId } = span.spanContext()
      expect(span.logFields()).toEqual({ trace_id: traceId, span_id: spanId, trace_flags: '03' })
    })
  })
})

describe('logs()', () => {
  test.each(LEVELS.map((level, i) => [level, 6 - i] as const))('level %s writes %d of the six', (level, count) => {
    const print = vi.fn()
    bench({ logs: logs({ level, print }) }).run((span) => {
      for (const each of LEVELS) span.log[each]('said')
    })
    expect(print).toHaveBeenCalledTimes(count)
  })

  test('pretty is for people', () => {
    const print = vi.fn()
    bench({ logs: logs({ console: 'pretty', print }) }).run((span) => span.log.warn('slow', { ms: 1200, of: { a: 1 } }))
    const text = print.mock.calls[0]![1].replace(/\x1b\[\d+m/g, '')
    expect(text).toMatch(/^08:00:00\.000 WARN {2}slow {2}ms=1200 {2}of=\{"a":1\} {2}[0-9a-f]{8}$/)
  })

  test.each([
    ['development', undefined, false],
    ['production', undefined, true],
    ['development', 'json', true],
  ] as const)('in %s, console %s: JSON is %j', (environment, form, isJson) => {
    const print = vi.fn()
    bench({ environment, logs: logs({ print, ...(form && { console: form }) }) }).run((span) => span.log.info('x'))
    expect(print.mock.calls[0]![1].startsWith('{')).toBe(isJson)
  })

  test('copies the listed baggage and no other', () => {
    const print = vi.fn()
    bench({ logs: logs({ print, baggage: ['tenant'] }) }).run((span) =>
      span.withBaggage({ tenant: 'acme', plan: 'gold' }).log.info('x'),
    )
    const line = JSON.parse(print.mock.calls[0]![1])
    expect(line).toMatchObject({ tenant: 'acme' })
    expect(line).not.toHaveProperty('plan')
  })

  test.each([
    ['a level there is not', () => logs({ level: 'loud' as 'info' })],
    ['exceptions as logs that go nowhere', () => logs({ exceptions: 'logs' })],
  ])('refuses %s', (_what, make) => expect(make).toThrow(/logs/))
})

describe.each([
  ['JSON', json],
  ['protobuf', protobuf],
])('OTLP log records as %s', (_name, encoder) => {
  let collector: Collector
  beforeEach(async () => void (collector = await Collector.start()))
  afterEach(() => collector.close())

  test('leave with the spans: body, severity, attributes and trace context', async () => {
    const { run, idle, clock } = bench({
      exporter: otlp({ url: collector.url, encoder: encoder() }),
      logs: logs({ console: 'none', otlp: true }),
    })
    run((span) => {
      for (const level of LEVELS) span.log[level](`said ${level}`, { n: 1, of: { deep: true } })
    })
    await idle()
    const records = collector.logs()
    const [span] = collector.spans()
    expect(records.map((record) => [record.severityNumber, record.severityText, record.body?.stringValue])).toEqual(
      LEVELS.map((level, i) => [1 + 4 * i, level.toUpperCase(), `said ${level}`]),
    )
    for (const record of records) {
      expect(record.traceId).toBe(span!.traceId)
      expect(record.spanId).toBe(span!.spanId)
      expect(record.flags).toBe(3)
      expect(record.timeUnixNano).toBe(`${clock.startMs}000000`)
      expect(plain(record.attributes)).toEqual({ n: 1n, of: { deep: true } })
    }
    expect(console.info).not.toHaveBeenCalled()
  })
})

describe('records and the fate of their trace', () => {
  const bodies = ({ batches }: ReturnType<typeof memoryExporter>) =>
    batches.flatMap((batch) => batch.logs.map(({ body }) => body))
  const never = { decide: () => ({ keep: false }) }
  const drop = { shouldSample: () => ({ decision: 'DROP' as const }) }
  const say = (span: Parameters<Parameters<ReturnType<typeof bench>['run']>[0]>[0]) => {
    span.log.info('fine')
    span.log.error('broken')
  }

  test.each([
    ['kept', {}, true, ['fine', 'broken']],
    ['dropped at the tail', { tailSampler: never }, true, []],
    ['not recorded', { sampler: drop }, true, []],
    ['kept', {}, 'error', ['fine', 'broken']],
    ['dropped at the tail', { tailSampler: never }, 'error', ['broken']],
    ['not recorded', { sampler: drop }, 'error', ['broken']],
    ['disabled', { enabled: false }, 'error', []],
  ] as const)('%s, %j, otlp %j: %j', async (_what, options, level, expected) => {
    const { run, idle, exporter } = bench({ ...(options as object), logs: logs({ console: 'none', otlp: level }) })
    run(say)
    await idle()
    expect(bodies(exporter)).toEqual(expected)
  })

  test('what is written after the close leaves with what is late, and after that is counted', async () => {
    const { run, idle, exporter, drops } = bench({ logs: logs({ console: 'none', otlp: true }) })
    const span = run((span) => span)
    await idle()
    span.log.info('late')
    await idle()
    expect(bodies(exporter)).toEqual(['late'])
    span.log.info('too late')
    expect(drops).toEqual([['logs', 1]])
  })

  test('over the limit they are counted', async () => {
    const { run, idle, exporter, drops } = bench({
      limits: { logCountLimit: 3 },
      logs: logs({ console: 'none', otlp: true }),
    })
    run((span) => {
      for (let i = 0; i < 5; i++) span.log.info(`${i}`)
    })
    await idle()
    expect(bodies(exporter)).toEqual(['0', '1', '2'])
    expect(drops).toEqual([
      ['logs', 1],
      ['logs', 1],
    ])
  })
})

describe('exceptions', () => {
  const fail = async (exceptions: 'events' | 'logs' | 'both') => {
    const { run, idle, exporter } = bench({ logs: logs({ console: 'none', otlp: true, exceptions }) })
    expect(() =>
      run(
        (span) =>
          span.enterSpan('call', { kind: 2, attributes: { 'http.request.method': 'GET' } }, () => {
            throw new TypeError('down')
          }),
        { kind: 1 },
      ),
    ).toThrow('down')
    await idle()
    const [batch] = exporter.batches
    return { events: batch!.spans.flatMap(({ events }) => events), logs: batch!.logs, spans: batch!.spans }
  }

  test.each([
    ['events', 1, 0],
    ['logs', 0, 1],
    ['both', 1, 1],
  ] as const)('as %s: %d event and %d record, once on the whole way up', async (signal, events, records) => {
    const told = await fail(signal)
    expect(told.events).toHaveLength(events)
    expect(told.logs).toHaveLength(records)
    expect(told.spans.map(({ statusCode }) => statusCode)).toEqual([2, 2])
  })

  test('where the record fails, the event stays', async () => {
    const { run, idle, exporter, errors } = bench({
      logs: {
        write() {},
        exception() {
          throw new Error('mine')
        },
      },
    })
    run((span) => span.recordException(new Error('theirs')))
    await idle()
    expect(exporter.spans[0]!.events).toHaveLength(1)
    expect(errors).toHaveLength(1)
  })

  test('a record says where, what and how bad', async () => {
    const [record] = (await fail('logs')).logs
    expect(record).toMatchObject({
      eventName: 'http.client.request.exception',
      severityNumber: 13,
      body: 'down',
      attributes: { 'exception.type': 'TypeError', 'exception.message': 'down' },
    })
  })
})

describe('from the environment', () => {
  const spoken = async (env: Record<string, string>) => {
    const { environment } = await import('clew/environment')
    const { run, idle, exporter } = bench({ logs: environment({ OTEL_SERVICE_NAME: 'x', ...env }).logs! })
    run((span) => {
      span.log.info('said')
      span.recordException(new Error('broken'))
    })
    await idle()
    const [batch] = exporter.batches
    return {
      lines: lines().length,
      events: batch!.spans.flatMap(({ events }) => events).length,
      records: batch!.logs.map(({ body }) => body),
    }
  }

  test.each([
    [{ OTEL_LOGS_EXPORTER: 'otlp' }, { lines: 1, events: 1, records: ['said'] }],
    [{ OTEL_LOGS_EXPORTER: 'none' }, { lines: 0, events: 1, records: [] }],
    [{ OTEL_LOGS_EXPORTER: 'console' }, { lines: 1, events: 1, records: [] }],
    [{ OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs' }, { lines: 1, events: 0, records: ['said', 'broken'] }],
    [{ OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'x, logs/dup' }, { lines: 1, events: 1, records: ['said', 'broken'] }],
  ])('%j', async (env, expected) => expect(await spoken(env)).toEqual(expected))

  test('OTEL_EXPORTER_OTLP_LOGS_ENDPOINT is where records go, as it is', async () => {
    const { environment } = await import('clew/environment')
    const collector = fakeCollector()
    const { exporter, logs } = environment({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${collector.url}/mine`,
      OTEL_LOGS_EXPORTER: 'otlp',
    })
    const { run, idle } = bench({ exporter, logs: logs!, fetch: collector.fetch })
    run((span) => span.log.info('said'))
    await idle()
    expect(collector.requests.map(({ url }) => new URL(url).pathname).sort()).toEqual(['/mine', '/v1/traces'])
  })
})
