// In: one version of the OpenTelemetry API. Out: tests that its users' spans are in the invocation they belong to.
import { carrierFrom, openTelemetry } from 'clew/otel'
import type * as api9 from 'opentelemetry-api-1.9'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bench, tree } from '../runtime/harness.ts'

export function suite(api: typeof api9): void {
  afterEach(() => {
    api.trace.disable()
    api.context.disable()
  })

  const { context, trace, ROOT_CONTEXT, SpanKind, SpanStatusCode } = api
  const foreign = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }

  describe('span.tracer, with nothing registered', () => {
    test('its spans are children of the span it is of', async () => {
      const { run, idle, exporter } = bench()
      run((span) =>
        span.enterSpan('work', (span) => {
          const tracer: api9.Tracer = span.tracer
          tracer.startSpan('plain').end()
          expect(tracer.startActiveSpan('active', (span) => [span.end(), 42])).toEqual([undefined, 42])
          tracer.startActiveSpan('with options', { kind: SpanKind.CLIENT }, (span) => span.end())
        }),
      )
      await idle()
      expect(tree(exporter.spans)).toBe(
        'root [0+0]\n  work [0+0]\n    plain [0+0]\n    active [0+0]\n    with options [0+0]',
      )
      expect(exporter.spans.find(({ name }) => name === 'with options')!.kind).toBe(SpanKind.CLIENT)
    })

    test('an explicit context decides the parent', async () => {
      const { run, idle, exporter } = bench()
      run((span) => {
        const tracer: api9.Tracer = span.tracer
        const outer = tracer.startSpan('outer')
        const context = trace.setSpan(ROOT_CONTEXT, outer)
        tracer.startSpan('inner', {}, context).end()
        tracer.startActiveSpan('active', {}, context, (span) => span.end())
        tracer.startSpan('without a span', {}, ROOT_CONTEXT).end()
        outer.end()
      })
      await idle()
      expect(tree(exporter.spans)).toBe(
        'root [0+0]\n  outer [0+0]\n    inner [0+0]\n    active [0+0]\n  without a span [0+0]',
      )
    })

    test('a context of another SDK is continued, and root begins a trace', async () => {
      const { run, idle, exporter } = bench()
      run((span) => {
        const tracer: api9.Tracer = span.tracer
        tracer.startSpan('theirs', {}, trace.setSpanContext(ROOT_CONTEXT, { ...foreign, isRemote: true })).end()
        tracer.startSpan('own', { root: true }).end()
      })
      await idle()
      const [root, theirs, own] = exporter.spans
      expect(theirs).toMatchObject({ traceId: foreign.traceId, parentSpanId: foreign.spanId, parentIsRemote: true })
      expect(own!.traceId).not.toBe(root!.traceId)
      expect(own!.parentSpanId).toBe('')
    })

    test('links, kinds, times, attributes, events, status and exceptions arrive', async () => {
      const { run, idle, exporter, clock } = bench()
      run((span) => {
        const tracer: api9.Tracer = span.tracer
        const made = tracer.startSpan('full', {
          kind: SpanKind.PRODUCER,
          attributes: { a: 1, list: ['x'] },
          links: [{ context: foreign, attributes: { l: true } }],
          startTime: [clock.startMs / 1000, 5_000_000],
        })
        made
          .setAttribute('b', 2)
          .addEvent('e', { c: 3 }, new Date(clock.startMs + 6))
          .addLink({ context: foreign })
        made.setStatus({ code: SpanStatusCode.ERROR, message: 'bad' }).recordException(new Error('worse'))
        made.end(clock.startMs + 7)
      })
      await idle()
      expect(exporter.spans[1]).toMatchObject({
        kind: SpanKind.PRODUCER,
        startMs: clock.startMs + 5,
        endMs: clock.startMs + 7,
        attributes: { a: 1, b: 2, list: ['x'] },
        links: [{ traceId: foreign.traceId, attributes: { l: true } }, { spanId: foreign.spanId }],
        events: [{ name: 'e', timeMs: clock.startMs + 6, attributes: { c: 3 } }, { name: 'exception' }],
        statusCode: 2,
        statusMessage: 'bad',
      })
    })

    test('a span that records nothing hands on the context it has', () => {
      const { run, exporter } = bench({ enabled: false })
      run((span) => {
        const made = (span.tracer as api9.Tracer).startSpan('nothing')
        expect(made.spanContext().traceId).toBe(span.spanContext().traceId)
        expect(made.isRecording()).toBe(false)
      })
      expect(exporter.spans).toEqual([])
    })
  })

  describe('openTelemetry(api): ambient context', () => {
    /** As libraries do: got at module scope, before anything is registered. */
    let early: api9.Tracer
    beforeEach(() => void (early = trace.getTracer('some-library', '1.0.0')))
    const ambient = () => bench({ ambient: openTelemetry(api) })

    test('a library that knows only the ambient API joins the right invocation, at the right depth', async () => {
      const { run, idle, exporter, clock } = ambient()
      const library = async (name: string) =>
        early.startActiveSpan(name, async (span) => {
          await Promise.resolve()
          await early.startActiveSpan(`${name} inner`, async (span) => void span.end())
          span.end()
        })
      await Promise.all([
        run((span) => span.enterSpan('work a', async () => library('a')), { name: 'one' }),
        run(async () => library('b'), { name: 'two' }),
      ])
      await idle()
      expect(clock.now()).toBe(clock.startMs)
      const traces = new Map(
        exporter.spans.map(({ traceId }) => [traceId, exporter.spans.filter((s) => s.traceId === traceId)]),
      )
      expect([...traces.values()].map((spans) => tree(spans)).sort()).toEqual([
        'one [0+0]\n  work a [0+0]\n    a [0+0]\n      a inner [0+0]',
        'two [0+0]\n  b [0+0]\n    b inner [0+0]',
      ])
      expect(exporter.spans.find(({ name }) => name === 'a')!.attributes).toEqual({ 'otel.scope.name': 'some-library' })
    })

    test('the active span can be asked for', () => {
      ambient().run((span) => {
        expect(trace.getActiveSpan()).toBe(span)
        span.enterSpan('inner', (span) => expect(trace.getActiveSpan()).toBe(span))
        context.with(ROOT_CONTEXT, () => expect(trace.getActiveSpan()).toBeUndefined())
      })
      expect(trace.getActiveSpan()).toBeUndefined()
    })

    test('span.tracer sees depth too, and never leaves its span', async () => {
      const { run, idle, exporter } = ambient()
      run((span) => {
        const tracer: api9.Tracer = span.tracer
        tracer.startActiveSpan('outer', (outer) => {
          tracer.startActiveSpan('inner', (span) => span.end())
          outer.end()
        })
        const deep = span.startSpan('deep')
        // The ambient span is the root here, which is above this one.
        deep.tracer.startSpan('deeper').end()
        deep.end()
      })
      await idle()
      expect(tree(exporter.spans)).toBe('root [0+0]\n  outer [0+0]\n    inner [0+0]\n  deep [0+0]\n    deeper [0+0]')
    })

    test('outside of an invocation nothing is recorded and nothing breaks', () => {
      const { exporter } = ambient()
      expect(early.startActiveSpan('alone', (span) => span.isRecording())).toBe(false)
      expect(early.startSpan('alone').isRecording()).toBe(false)
      expect(exporter.spans).toEqual([])
    })

    test('bound functions run in their context; values, errors and `this` are the caller’s', () => {
      const { run } = ambient()
      run((span) => {
        const bound = context.bind(trace.setSpan(ROOT_CONTEXT, span), function (this: unknown, a: number) {
          return [this, a, trace.getActiveSpan()]
        })
        const self = { bound }
        expect(context.with(ROOT_CONTEXT, () => self.bound(1))).toEqual([self, 1, span])
        expect(context.bind(ROOT_CONTEXT, 5)).toBe(5)
        expect(() =>
          context.with(ROOT_CONTEXT, () => {
            throw new RangeError('x')
          }),
        ).toThrow(RangeError)
      })
    })

    test('what is registered already stays registered', () => {
      const provider = { getTracer: vi.fn(() => ({}) as api9.Tracer) }
      trace.setGlobalTracerProvider(provider)
      const { run } = ambient()
      run(() => void trace.getTracer('x'))
      expect(provider.getTracer).toHaveBeenCalledOnce()
    })

    test('without AsyncLocalStorage explicit contexts still join', async () => {
      class None {
        run<R>(_store: unknown, fn: () => R): R {
          return fn()
        }
        getStore(): unknown {
          return undefined
        }
      }
      const { run, idle, exporter } = bench({ ambient: openTelemetry(api, { AsyncLocalStorage: None }) })
      run((span) => early.startSpan('explicit', {}, trace.setSpan(ROOT_CONTEXT, span)).end())
      await idle()
      expect(tree(exporter.spans)).toBe('root [0+0]\n  explicit [0+0]')
    })
  })

  describe('the other way: from a span that somebody else has begun', () => {
    test('an invocation under an active span continues its trace', async () => {
      const { run, idle, exporter } = bench({ ambient: openTelemetry(api) })
      context.with(trace.setSpanContext(ROOT_CONTEXT, foreign), () => run(() => {}))
      await idle()
      expect(exporter.spans[0]).toMatchObject({ traceId: foreign.traceId, parentSpanId: foreign.spanId })
    })

    test('a span continues one by its carrier', async () => {
      const { run, idle, exporter } = bench()
      const theirs = trace.wrapSpanContext(foreign)
      run((span) => span.continueTrace(carrierFrom(theirs), 'continued', () => {}))
      await idle()
      expect(exporter.spans[1]).toMatchObject({ traceId: foreign.traceId, parentSpanId: foreign.spanId })
      expect(carrierFrom(trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT))).toEqual({})
    })
  })
}
