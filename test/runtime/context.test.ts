// In: contexts from elsewhere: headers, payloads, messages. Out: whose trace goes on, and what is carried further.
import { alwaysOff, type Sampler, type TracerOptions } from 'clew'
import { b3, traceContext } from 'clew/propagate'
import { describe, expect, test, vi } from 'vitest'
import { bench, tree } from './harness.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const incoming = (flags: string, more: Record<string, string> = {}) =>
  new Headers({ traceparent: `00-${TRACE}-${SPAN}-${flags}`, ...more })

async function root(carrier: Headers | undefined, options: Partial<TracerOptions> = {}) {
  const { run, idle, exporter, errors } = bench(options)
  const context = run((span) => span.spanContext(), carrier && { carrier })
  await idle()
  return { context, record: exporter.spans[0], errors }
}

describe('the caller', () => {
  test('is continued: trace id, parent, flags and trace state', async () => {
    const { record } = await root(incoming('03', { tracestate: 'a=1,b=2' }))
    expect(record).toMatchObject({
      traceId: TRACE,
      parentSpanId: SPAN,
      parentIsRemote: true,
      traceFlags: 3,
      traceState: 'a=1,b=2',
    })
  })

  test('who has no random flag is not given one; a new trace earns it', async () => {
    expect((await root(incoming('01'))).record?.traceFlags).toBe(1)
    expect((await root(undefined)).record?.traceFlags).toBe(3)
  })

  test.each(['', 'garbage', `00-${TRACE}-${SPAN}`, `00-${'0'.repeat(32)}-${SPAN}-01`, `ff-${TRACE}-${SPAN}-01`])(
    'who sends %j starts a new trace',
    async (traceparent) => {
      const { record } = await root(new Headers({ traceparent, tracestate: 'a=1' }))
      expect(record).toMatchObject({ parentSpanId: '', parentIsRemote: false, traceState: '' })
      expect(record?.traceId).not.toBe(TRACE)
    },
  )

  test('who did not sample is not recorded, and is propagated as such', async () => {
    const { record, context } = await root(incoming('00'))
    expect(record).toBeUndefined()
    expect(context).toMatchObject({ traceId: TRACE, traceFlags: 0 })
    expect(context.spanId).not.toBe(SPAN)
  })

  test('is linked to, or ignored, where trust says so', async () => {
    const linked = await root(incoming('01', { baggage: 'a=1' }), { trust: 'link' })
    expect(linked.record?.traceId).not.toBe(TRACE)
    expect(linked.record?.links).toMatchObject([{ traceId: TRACE, spanId: SPAN, isRemote: true }])
    const ignored = await root(incoming('00'), { trust: () => 'ignore' })
    expect(ignored.record).toMatchObject({ links: [], parentSpanId: '' })
  })

  test('cannot break a request by a propagator, a sampler or a trust function that throws', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    const sampler: Sampler = { shouldSample: broken, description: '' }
    expect((await root(incoming('01'), { sampler })).errors).toHaveLength(1)
    expect((await root(incoming('01'), { trust: broken })).record?.parentSpanId).toBe('')
    const propagator = { fields: [], extract: broken, inject: broken }
    expect((await root(incoming('01'), { propagator })).record?.parentSpanId).toBe('')
  })
})

describe('the head sampler', () => {
  test('sees the event, and its attributes and trace state reach the root and its children', async () => {
    let seen: unknown
    const sampler: Sampler = {
      shouldSample: (input) => {
        const { attributes, random, links } = input
        seen = { ...input, attributes, random: random(), links: links.length }
        return { decision: 'RECORD_AND_SAMPLE', attributes: { 'sampler.rule': 'vip' }, traceState: 'ot=th:8' }
      },
      description: '',
    }
    const { run, idle, exporter, clock } = bench({ sampler })
    const carrier = incoming('00', { baggage: 'user=1' })
    run((span) => span.enterSpan('child', (span) => expect(span.spanContext().traceState?.get('ot')).toBe('th:8')), {
      carrier,
      attributes: { a: 1 },
    })
    await idle()
    expect(seen).toMatchObject({
      name: 'root',
      traceId: TRACE,
      isNewTrace: false,
      attributes: { a: 1 },
      nowMs: clock.startMs,
      random: 0.5,
    })
    expect(tree(exporter.spans, ['a', 'sampler.rule'])).toBe('root [0+0] a=1 sampler.rule=vip\n  child [0+0]')
    expect(exporter.spans.map((span) => span.traceState)).toEqual(['ot=th:8', 'ot=th:8'])
  })

  test('may record without sampling: the flag stays off, and only a tail sampler can keep it', async () => {
    const sampler: Sampler = { shouldSample: () => ({ decision: 'RECORD_ONLY' }), description: '' }
    const { run, idle, exporter, drops } = bench({ sampler })
    run((span) => {
      expect(span.isRecording()).toBe(true)
      expect(span.spanContext().traceFlags & 1).toBe(0)
    })
    await idle()
    expect(exporter.batches).toHaveLength(0)
    expect(drops).toEqual([['sampled_out', 1]])
  })

  test('alone decides whether an event is described: once, when somebody looks, and never for nobody', async () => {
    const attributes = vi.fn(() => ({ 'cart.id': 'c1' }))
    const unsampled = bench({ sampler: alwaysOff() })
    unsampled.run(() => {}, { attributes })
    expect(attributes).not.toHaveBeenCalled()
    const curious: Sampler = {
      shouldSample: (input) => ({
        decision: input.attributes['cart.id'] && input.attributes['cart.id'] === 'c1' ? 'RECORD_AND_SAMPLE' : 'DROP',
      }),
      description: '',
    }
    const { run, idle, exporter } = bench({ sampler: curious })
    run(() => {}, { attributes })
    await idle()
    expect(attributes).toHaveBeenCalledOnce()
    expect(exporter.spans[0]!.attributes).toEqual({ 'cart.id': 'c1' })
  })

  test('and the trace survive an event that cannot describe itself', async () => {
    const { run, idle, exporter, errors } = bench()
    const attributes = (): never => {
      throw new Error('no')
    }
    expect(run(() => 'answer', { attributes })).toBe('answer')
    await idle()
    expect(exporter.spans.map(({ name }) => name)).toEqual(['root'])
    expect(errors).toHaveLength(1)
  })

  test('is not asked when the tracer is disabled, and the context still travels', async () => {
    const { record, context } = await root(incoming('01'), { enabled: false })
    expect(record).toBeUndefined()
    expect(context.traceId).toBe(TRACE)
  })
})

describe('a payload', () => {
  test('carries the span, survives JSON and structured clone, and its trace goes on elsewhere', async () => {
    const sender = bench()
    const sent = sender.run((span) => span.withBaggage({ tier: 'gold' }).carry({ cart: [1, 2] }))
    await sender.idle()
    const received = structuredClone(JSON.parse(JSON.stringify(sent)) as typeof sent)
    expect(received.cart).toEqual([1, 2])

    const { run, idle, exporter } = bench({ baggageKeys: ['tier'] })
    run((span) => {
      span.continueTrace(
        received,
        'process',
        (span, n: number) => {
          expect(n).toBe(5)
          expect(span.baggage?.get('tier')).toBe('gold')
          span.enterSpan('step', () => {})
        },
        5,
      )
    })
    await idle()
    const [batch, process, step] = exporter.spans
    const origin = sender.exporter.spans[0]!
    expect(process).toMatchObject({ traceId: origin.traceId, parentSpanId: origin.spanId, parentIsRemote: true })
    expect(process!.links).toMatchObject([{ traceId: batch!.traceId, spanId: batch!.spanId }])
    expect(step).toMatchObject({ traceId: origin.traceId, parentSpanId: process!.spanId, parentIsRemote: false })
    expect([batch, process, step].map((span) => span!.attributes['tier'])).toEqual([undefined, 'gold', 'gold'])
  })

  test('carries no baggage where no format of the tracer does, and that is reported', () => {
    const { run, errors } = bench({ propagator: traceContext() })
    const sent = run((span) => span.withBaggage({ tier: 'gold' }).carry({}))
    expect(Object.keys(sent.$trace)).toEqual(['traceparent'])
    expect(errors).toEqual([expect.stringContaining('baggage')])
  })

  test('is only linked to where that is asked for', async () => {
    const { run, idle, exporter } = bench()
    run((span) => span.continueTrace(incoming('01'), { name: 'process', link: true, kind: 4 }, () => {}))
    await idle()
    const [root, process] = exporter.spans
    expect(process).toMatchObject({ traceId: root!.traceId, parentSpanId: root!.spanId, kind: 4 })
    expect(process!.links).toMatchObject([{ traceId: TRACE, spanId: SPAN }])
  })

  test.each([undefined, null, 42, 'text', {}, { $trace: 'no' }, { $trace: { traceparent: 7 } }, [], { headers: null }])(
    'without a context (%o) becomes an ordinary child',
    async (from) => {
      const { run, idle, exporter, errors } = bench()
      expect(run((span) => span.continueTrace(from, 'process', () => 'done'))).toBe('done')
      await idle()
      expect(tree(exporter.spans)).toBe('root [0+0]\n  process [0+0]')
      expect(exporter.spans[1]!.links).toEqual([])
      expect(errors).toEqual([])
    },
  )

  test('of a Request is its headers', async () => {
    const { run, idle, exporter } = bench()
    run((span) => span.continueTrace(new Request('http://x/', { headers: incoming('01') }), 'process', () => {}))
    await idle()
    expect(exporter.spans[1]!.traceId).toBe(TRACE)
  })

  test('that throws when it is read costs the context only', async () => {
    const hostile = {
      get $trace() {
        throw new Error('hostile')
      },
    }
    const { run, errors } = bench()
    expect(run((span) => span.continueTrace(hostile, 'process', () => 'done'))).toBe('done')
    expect(errors).toHaveLength(1)
  })

  test('is carried from an unsampled trace, unsampled', () => {
    const { run } = bench()
    const sent = run((span) => span.carry('text'), { carrier: incoming('00') })
    expect(sent.$trace['traceparent']).toMatch(new RegExp(`^00-${TRACE}-.{16}-00$`))
    expect(sent.$payload).toBe('text')
  })
})

test('a decision left to us travels on as ours, in every format', () => {
  const headers = (propagator: ReturnType<typeof b3>, b3Header: string) => {
    const { run } = bench({ propagator })
    return run((span) => span.carry({}).$trace, { carrier: new Headers({ b3: b3Header }) })
  }
  expect(headers(b3(), `${TRACE}-${SPAN}`)['b3']).toMatch(new RegExp(`^${TRACE}-.{16}-1$`))
  expect(headers(b3(), `${TRACE}-${SPAN}-0`)['b3']).toMatch(new RegExp(`^${TRACE}-.{16}-0$`))
  expect(headers(b3(), `${TRACE}-${SPAN}-d`)['b3']).toMatch(new RegExp(`^${TRACE}-.{16}-d$`))
})
