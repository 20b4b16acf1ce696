// In: calls of the OpenTelemetry API. Out: what clew's spans and a real SDK's make of them: the same.
// Must stay true: where the two differ, the table says how, and why ours is meant.
import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { suppressTracing } from '@opentelemetry/core'
import { AlwaysOffSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { SpanRecord } from 'clew'
import { carrierFrom, openTelemetry } from 'clew/otel'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bench, tree } from '../runtime/harness.ts'

const { context, trace, ROOT_CONTEXT, SpanKind, SpanStatusCode } = api
const T0 = 1_800_000_000_000
const foreign = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }

/** What both are compared by. Times and durations in milliseconds. */
interface Seen {
  readonly name: string
  readonly kind: number
  readonly attributes: object
  readonly events: readonly object[]
  readonly links: readonly object[]
  readonly status: object
  readonly startMs: number
  readonly durationMs: number
  /** The name of the parent, where that is among the spans; else its id. */
  readonly parent: string
  readonly sampled: number
}

const ms = ([seconds, nanos]: readonly [number, number]): number => seconds * 1000 + nanos / 1e6

type Calls = (tracer: api.Tracer) => void

/** The real SDK, under a span called root. */
function theirs(calls: Calls): readonly Seen[] {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const tracer = provider.getTracer('test')
  const root = tracer.startSpan('root', { startTime: T0 })
  // A tracer whose default parent is the root, as that of a clew span is.
  const under = (given: api.Context | undefined): api.Context => given ?? trace.setSpan(ROOT_CONTEXT, root)
  calls({
    startSpan: (name, options, given) => tracer.startSpan(name, options, under(given)),
    startActiveSpan(name: string, ...rest: unknown[]) {
      const fn = rest.pop() as (span: api.Span) => never
      const [options, given] = rest as [api.SpanOptions?, api.Context?]
      return tracer.startActiveSpan(name, options ?? {}, under(given), fn)
    },
  })
  root.end(T0)
  const spans = exporter.getFinishedSpans()
  const nameOf = (id: string): string => spans.find((each) => each.spanContext().spanId === id)?.name ?? id
  return spans
    .filter(({ name }) => name !== 'root')
    .map((span) => ({
      name: span.name,
      kind: span.kind,
      attributes: span.attributes,
      events: span.events.map(({ name, time, attributes = {} }) => ({ name, timeMs: ms(time), attributes })),
      links: span.links.map(({ context, attributes = {} }) => ({ spanId: context.spanId, attributes })),
      status: { code: span.status.code, message: span.status.message ?? '' },
      startMs: ms(span.startTime),
      durationMs: ms(span.duration),
      parent: nameOf(span.parentSpanContext?.spanId ?? ''),
      sampled: span.spanContext().traceFlags & 1,
    }))
}

async function ours(calls: Calls): Promise<readonly Seen[]> {
  const { run, idle, exporter } = bench()
  run((span) => calls(span.tracer))
  await idle()
  const nameOf = (id: string): string => exporter.spans.find(({ spanId }) => spanId === id)?.name ?? id
  return exporter.spans
    .filter(({ name }) => name !== 'root')
    .map((span: SpanRecord) => ({
      name: span.name,
      kind: span.kind,
      attributes: span.attributes,
      events: span.events.map(({ name, timeMs, attributes }) => ({ name, timeMs, attributes })),
      links: span.links.map(({ spanId, attributes }) => ({ spanId, attributes })),
      status: { code: span.statusCode, message: span.statusMessage },
      startMs: span.startMs,
      durationMs: span.endMs - span.startMs,
      parent: nameOf(span.parentSpanId),
      sampled: span.traceFlags & 1,
    }))
}

/** One span with fixed times, and what is done to it. */
const one =
  (act: (span: api.Span) => void, options: api.SpanOptions = {}): Calls =>
  (tracer) => {
    const span = tracer.startSpan('one', { startTime: T0, ...options })
    act(span)
    span.end(T0 + 7)
  }

const byName = (spans: readonly Seen[]): Seen[] => [...spans].sort((a, b) => (a.name < b.name ? -1 : 1))

describe('the same calls make the same span', () => {
  // The SDK's clock stands where ours does.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'], now: T0 }))
  afterEach(() => void vi.useRealTimers())

  test.each<[string, Calls]>([
    ['nothing but a name', one(() => {})],
    ...[0, 1, 2, 3, 4].map((kind) => [`kind ${SpanKind[kind]}`, one(() => {}, { kind })] as [string, Calls]),
    [
      'attributes at the start and later',
      one((s) => s.setAttribute('b', 2).setAttributes({ c: true, d: ['x', 'y'] }), { attributes: { a: 'x' } }),
    ],
    ['an attribute set twice', one((s) => s.setAttribute('a', 1).setAttribute('a', 2))],
    ['empty values, which mean something', one((s) => s.setAttributes({ a: '', b: 0, c: false, d: [] }))],
    [
      'an undefined attribute, and one without a key',
      one((s) => s.setAttribute('a', undefined as never).setAttribute('', 'x')),
    ],
    ['undefined among those at the start', one(() => {}, { attributes: { a: undefined, b: 1 } })],
    ['arrays of numbers and booleans', one((s) => s.setAttributes({ a: [1, 2.5], b: [true, false] }))],
    ['an event', one((s) => s.addEvent('e', { a: 1 }, T0 + 3))],
    ['an event with only a time', one((s) => s.addEvent('e', T0 + 3))],
    [
      'an event with a Date and one with a tuple',
      one((s) => s.addEvent('d', new Date(T0 + 3)).addEvent('t', [T0 / 1000, 4_500_000])),
    ],
    ['an event with attributes and a tuple', one((s) => s.addEvent('t', { a: 'x' }, [T0 / 1000 + 1, 0]))],
    ['events in the order they were added', one((s) => s.addEvent('later', T0 + 5).addEvent('earlier', T0 + 1))],
    [
      'links at the start and later',
      one(
        (s) =>
          s.addLink({ context: foreign, attributes: { a: 1 } }).addLinks([{ context: foreign }, { context: foreign }]),
        { links: [{ context: foreign, attributes: { start: true } }] },
      ),
    ],
    [
      'a link to an invalid context, with attributes',
      one((s) => s.addLink({ context: api.INVALID_SPAN_CONTEXT, attributes: { a: 1 } })),
    ],
    ['status: error with a message', one((s) => s.setStatus({ code: SpanStatusCode.ERROR, message: 'bad' }))],
    [
      'status: ok is final',
      one((s) => s.setStatus({ code: SpanStatusCode.OK }).setStatus({ code: SpanStatusCode.ERROR, message: 'x' })),
    ],
    [
      'status: ok replaces an error',
      one((s) =>
        s
          .setStatus({ code: SpanStatusCode.ERROR, message: 'x' })
          .setStatus({ code: SpanStatusCode.OK, message: 'ignored' }),
      ),
    ],
    [
      'status: the last error counts',
      one((s) =>
        s
          .setStatus({ code: SpanStatusCode.ERROR, message: 'x' })
          .setStatus({ code: SpanStatusCode.ERROR, message: 'y' }),
      ),
    ],
    [
      'status: an error without a message clears that of the one before',
      one((s) => s.setStatus({ code: SpanStatusCode.ERROR, message: 'x' }).setStatus({ code: SpanStatusCode.ERROR })),
    ],
    [
      'status: unset is ignored',
      one((s) => s.setStatus({ code: SpanStatusCode.ERROR, message: 'x' }).setStatus({ code: SpanStatusCode.UNSET })),
    ],
    ['another name', one((s) => s.updateName('other'))],
    [
      'calls after the end',
      (t) => {
        const span = t.startSpan('one', { startTime: T0 })
        span.end(T0 + 1)
        span
          .setAttribute('a', 1)
          .addEvent('e')
          .addLink({ context: foreign })
          .updateName('x')
          .setStatus({ code: SpanStatusCode.ERROR })
        span.recordException(new Error('late'))
        span.end(T0 + 9)
      },
    ],
    ['an end before the start', (t) => t.startSpan('one', { startTime: T0 }).end(T0 - 5)],
    ['a start and an end as Dates', (t) => t.startSpan('one', { startTime: new Date(T0) }).end(new Date(T0 + 2))],
    [
      'a start and an end as tuples',
      (t) => t.startSpan('one', { startTime: [T0 / 1000, 250_000] }).end([T0 / 1000, 1_250_000]),
    ],
    [
      'a child by an explicit context',
      (t) => {
        const outer = t.startSpan('outer', { startTime: T0 })
        t.startSpan('inner', { startTime: T0 }, trace.setSpan(ROOT_CONTEXT, outer)).end(T0)
        outer.end(T0)
      },
    ],
    [
      'a child of a span that has ended',
      (t) => {
        const outer = t.startSpan('outer', { startTime: T0 })
        outer.end(T0)
        t.startSpan('inner', { startTime: T0 }, trace.setSpan(ROOT_CONTEXT, outer)).end(T0)
      },
    ],
    [
      'a child of a remote span',
      (t) =>
        t
          .startSpan('one', { startTime: T0 }, trace.setSpanContext(ROOT_CONTEXT, { ...foreign, isRemote: true }))
          .end(T0),
    ],
    [
      'a span with root: true, whatever the context says',
      (t) => t.startSpan('one', { root: true, startTime: T0 }, trace.setSpanContext(ROOT_CONTEXT, foreign)).end(T0),
    ],
    [
      'startActiveSpan with two, three and four arguments',
      (t) => {
        t.startActiveSpan('2', (s) => s.setAttribute('n', 2).end(T0))
        t.startActiveSpan('3', { kind: SpanKind.CLIENT }, (s) => s.end(T0))
        const outer = t.startSpan('outer', { startTime: T0 })
        t.startActiveSpan('4', {}, trace.setSpan(ROOT_CONTEXT, outer), (s) => s.end(T0))
        outer.end(T0)
      },
    ],
    ['an exception: type, message', one((s) => s.recordException({ name: 'TypeError', message: 'bad' }, T0 + 1))],
  ])('%s', async (_what, calls) => {
    const expected = byName(theirs(calls))
    expect(expected.length).toBeGreaterThan(0)
    expect(byName(await ours(calls))).toEqual(expected)
  })
})

describe('what a span answers', () => {
  const both = async (
    ask: (span: api.Span, tracer: api.Tracer) => unknown,
  ): Promise<[ours: unknown, theirs: unknown]> => {
    const answers: unknown[] = []
    const calls: Calls = (tracer) => {
      const span = tracer.startSpan('one')
      answers.push(ask(span, tracer))
      span.end()
    }
    await ours(calls)
    theirs(calls)
    return answers as [unknown, unknown]
  }

  test.each<[string, (span: api.Span, tracer: api.Tracer) => unknown]>([
    ['its context is valid', (span) => trace.isSpanContextValid(span.spanContext())],
    ['it is sampled', (span) => span.spanContext().traceFlags & 1],
    ['it is not remote', (span) => !!span.spanContext().isRemote],
    ['it records until it ends', (span) => [span.isRecording(), span.end(), span.isRecording()]],
    [
      'every verb returns the span',
      (span) =>
        [
          span.setAttribute('a', 1),
          span.setAttributes({}),
          span.addEvent('e'),
          span.addLink({ context: foreign }),
          span.addLinks([]),
          span.setStatus({ code: 0 }),
          span.updateName('x'),
        ].map((each) => each === span),
    ],
    [
      'end and recordException return nothing',
      (span) => [span.recordException(new Error('x')), span.end(), span.end()],
    ],
    [
      'startActiveSpan returns what its function returns',
      (_, tracer) =>
        tracer.startActiveSpan('a', (span) => {
          span.end()
          return 42
        }),
    ],
    [
      'startActiveSpan throws what its function throws, and does not end the span',
      (_, tracer) => {
        let made: api.Span | undefined
        const thrown = new RangeError('x')
        try {
          tracer.startActiveSpan('a', (span) => {
            made = span
            throw thrown
          })
        } catch (error) {
          const isOpen = made!.isRecording()
          made!.end()
          return [error === thrown, isOpen]
        }
        return undefined
      },
    ],
  ])('%s', async (_what, ask) => {
    const [mine, real] = await both(ask)
    expect(mine).toEqual(real)
  })
})

describe('where ours differs, and means to', () => {
  test('an exception says its causes, and a text thrown has a type', async () => {
    const calls = one((s) => {
      s.recordException(new Error('outer', { cause: new Error('inner') }))
      s.recordException('a text')
    })
    const [mine] = await ours(calls)
    const [real] = theirs(calls)
    expect(JSON.stringify(mine!.events)).toContain('Caused by: Error: inner')
    expect(JSON.stringify(real!.events)).not.toContain('inner')
    expect(mine!.events[1]).toMatchObject({ attributes: { 'exception.type': 'string', 'exception.message': 'a text' } })
  })

  test('maps, bytes and null are values of attributes, as the specification has them since 2025', async () => {
    const value = { a: { b: [1, null] }, c: null }
    const [mine] = await ours(one((s) => s.setAttribute('k', value as never)))
    expect(mine!.attributes).toEqual({ k: value })
  })

  test('no valid span in the context: the span it was taken from is the parent, where the SDK begins a trace', async () => {
    const calls: Calls = (t) =>
      t.startSpan('one', {}, trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT))).end()
    expect((await ours(calls))[0]).toMatchObject({ parent: 'root' })
    expect(theirs(calls)[0]).toMatchObject({ parent: '' })
  })
})

describe('beside a real SDK', () => {
  afterEach(() => {
    trace.disable()
    context.disable()
  })

  /** As a Node SDK registers itself. */
  function sdk(sampler?: AlwaysOffSampler) {
    const exporter = new InMemorySpanExporter()
    const spanProcessors = [new SimpleSpanProcessor({ exporter })]
    const provider = new TracerProvider({ spanProcessors, ...(sampler && { sampler }) })
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    trace.setGlobalTracerProvider(provider)
    return { exporter, tracer: trace.getTracer('app') }
  }

  test('an invocation that begins under its active span is part of that trace, across awaits', async () => {
    const { tracer, exporter: real } = sdk()
    const { run, idle, exporter } = bench({ ambient: openTelemetry({ context, trace }) })
    await tracer.startActiveSpan('server', async (server) => {
      await Promise.resolve()
      await run(async (span) => span.enterSpan('work', async () => {}))
      server.end()
    })
    await idle()
    const [server] = real.getFinishedSpans()
    const { traceId, spanId } = server!.spanContext()
    expect(exporter.spans).toEqual([
      expect.objectContaining({ name: 'root', traceId, parentSpanId: spanId, traceFlags: expect.any(Number) }),
      expect.objectContaining({ name: 'work', traceId, parentSpanId: exporter.spans[0]!.spanId }),
    ])
    expect(exporter.spans[0]!.traceFlags & 1).toBe(1)
  })

  test('its own spans inside of the invocation are children of ours: the trace is one', async () => {
    const { tracer, exporter: real } = sdk()
    const { run, idle, exporter } = bench({ ambient: openTelemetry({ context, trace }) })
    await run((span) => span.enterSpan('work', async () => tracer.startActiveSpan('theirs', (span) => span.end())))
    await idle()
    const work = exporter.spans.find(({ name }) => name === 'work')!
    expect(real.getFinishedSpans()[0]!.parentSpanContext).toMatchObject({ traceId: work.traceId, spanId: work.spanId })
    expect(tree(exporter.spans)).toBe('root [0+0]\n  work [0+0]')
  })

  test('what it did not sample is not sampled here either', async () => {
    const { tracer } = sdk(new AlwaysOffSampler())
    const { run, idle, exporter } = bench({ ambient: openTelemetry({ context, trace }) })
    tracer.startActiveSpan('server', (server) => {
      run((span) => {
        expect(span.spanContext().traceId).toBe(server.spanContext().traceId)
        expect(span.isRecording()).toBe(false)
      })
      server.end()
    })
    await idle()
    expect(exporter.spans).toEqual([])
  })

  test('a single span of it is continued by its carrier, trace state and all', async () => {
    const { tracer } = sdk()
    const { run, idle, exporter } = bench()
    const parent = trace.setSpanContext(ROOT_CONTEXT, {
      ...foreign,
      isRemote: true,
      traceState: api.createTraceState('a=1,b=2'),
    })
    const theirs = tracer.startSpan('theirs', {}, parent)
    run((span) => span.continueTrace(carrierFrom(theirs), 'continued', () => {}))
    await idle()
    expect(exporter.spans[1]).toMatchObject({
      traceId: foreign.traceId,
      parentSpanId: theirs.spanContext().spanId,
      traceState: 'a=1,b=2',
    })
  })

  test('its span is a parent for span.tracer by an explicit context', async () => {
    const { tracer } = sdk()
    const { run, idle, exporter } = bench()
    const theirs = tracer.startSpan('theirs', { root: true })
    run((span) => span.tracer.startSpan('below', {}, trace.setSpan(ROOT_CONTEXT, theirs)).end())
    await idle()
    expect(exporter.spans[1]).toMatchObject({
      traceId: theirs.spanContext().traceId,
      parentSpanId: theirs.spanContext().spanId,
    })
  })

  test('where tracing is suppressed, as exporters do, libraries record nothing', async () => {
    const { run, idle, exporter } = bench({ ambient: openTelemetry({ context, trace }) })
    run(() =>
      context.with(suppressTracing(context.active()), () => {
        const span = trace.getTracer('library').startSpan('own traffic of an exporter')
        expect(span.isRecording()).toBe(false)
        span.end()
      }),
    )
    await idle()
    expect(tree(exporter.spans)).toBe('root [0+0]')
  })
})
