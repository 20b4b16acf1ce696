// In: whole invocations of a tracer with a tail sampler. Out: what leaves, what it says of itself, what others are told.
import { alwaysOff, alwaysOn, type Exporter, parentBased, type Span, traceIdRatio } from 'clew'
import {
  adaptive,
  alwaysRecord,
  anyOf,
  errors,
  headSampled,
  rateLimited,
  ratio,
  slowerThan,
  slowest,
  type TailSampler,
  tracesPerSecond,
} from 'clew/sampling'
import { describe, expect, test, vi } from 'vitest'
import { bench, tree } from '../runtime/harness.ts'

const work = (span: Span<unknown>): string => {
  span.enterSpan('query', () => {})
  return span.carry({}).$trace['traceparent'] ?? ''
}
const failing = (span: Span<unknown>): void => {
  work(span)
  span.enterSpan('charge', (span) => span.setStatus({ code: 2 }))
}
const headers = (traceparent: string, tracestate = '') => ({
  carrier: new Headers({ traceparent, tracestate }) as never,
})
const STRANGER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03'

describe('a tracer with a tail sampler', () => {
  const productionLike = () => ({
    sampler: parentBased({ root: traceIdRatio(1e-9), remoteParentSampled: rateLimited(2) }),
    tailSampler: anyOf(errors(), slowerThan(500), headSampled()),
  })

  test('keeps a whole trace for the error of a child, although the head had told everybody "no"', async () => {
    const { run, idle, exporter } = bench(productionLike())
    let told = ''
    run((span) => {
      told = work(span)
      failing(span)
    })
    await idle()
    expect(told).toMatch(/-02$/)
    expect(tree(exporter.spans, ['clew.sampling.policy'])).toBe(
      ['root [0+0] clew.sampling.policy=errors', '  query [0+0]', '  query [0+0]', '  charge [0+0] ERROR'].join('\n'),
    )
    expect(exporter.spans.map(({ traceState }) => traceState)).toEqual(Array(4).fill('ot=th:0'))
  })

  test('drops without encoding or posting anything, and counts it', async () => {
    const exporter: Exporter = { export: vi.fn() }
    const { run, idle, drops } = bench({ ...productionLike(), exporter })
    run(work)
    await idle()
    expect(exporter.export).not.toHaveBeenCalled()
    expect(drops).toEqual([['sampled_out', 2]])
  })

  test('keeps what the head chose, for which everybody was told "yes"', async () => {
    const { run, idle, exporter } = bench(productionLike())
    expect(run(work, headers(STRANGER))).toMatch(/-03$/)
    await idle()
    expect(tree(exporter.spans, ['clew.sampling.policy'])).toContain('root [0+0] clew.sampling.policy=headSampled')
  })

  test('does not let strangers who set the sampled flag spend more than their budget', async () => {
    const { run, idle, exporter } = bench(productionLike())
    const told = Array.from({ length: 50 }, () => run(work, headers(STRANGER)))
    await idle()
    expect(told.filter((traceparent) => traceparent.endsWith('-03'))).toHaveLength(2)
    expect(exporter.batches).toHaveLength(2)
  })

  test('tells everybody "yes" when the head is always on, and still decides at the end', async () => {
    const { run, idle, exporter } = bench({ sampler: alwaysOn(), tailSampler: errors() })
    expect(run(work)).toMatch(/-03$/)
    run(failing)
    await idle()
    expect(exporter.batches).toHaveLength(1)
  })

  test('sends what is late after what was kept, and not after what was dropped', async () => {
    const late = async (tailSampler: TailSampler): Promise<string[]> => {
      const { run, idle, exporter } = bench({ sampler: alwaysOff(), tailSampler })
      let root: Span<unknown> | undefined
      run((span) => void (root = span))
      await idle()
      root!.enterSpan('late', (span) => span.setStatus({ code: 2 }))
      await idle()
      return exporter.spans.map(({ name }) => name)
    }
    expect(await late(ratio(1))).toEqual(['root', 'late'])
    expect(await late(errors())).toEqual([])
  })

  test('finds the error of a span for which the buffer had no room', async () => {
    const { run, idle, exporter } = bench({
      sampler: alwaysOff(),
      tailSampler: errors(),
      limits: { spanCountLimit: 5 },
    })
    run((span) => {
      for (let i = 0; i < 100; i++) span.enterSpan('query', () => {})
      failing(span)
    })
    await idle()
    expect(exporter.spans).toHaveLength(5)
    expect(exporter.spans.map(({ name }) => name)).toContain('charge')
  })

  test('writes the count of what a limit had refused', async () => {
    const { run, idle, exporter, clock } = bench({ sampler: alwaysOff(), tailSampler: tracesPerSecond(1) })
    for (let i = 0; i < 10; i++) run(work)
    clock.advance(1000)
    run(work)
    await idle()
    const counts = exporter.spans
      .filter(({ name }) => name === 'root')
      .map(({ attributes }) => attributes['clew.sampling.adjusted_count'])
    expect(counts).toEqual([1, 10])
  })

  test('survives a policy that throws, and falls back to the head', async () => {
    const broken = () => {
      throw new Error('broken policy')
    }
    const { run, idle, exporter, errors } = bench({ tailSampler: anyOf(broken) })
    run(work)
    await idle()
    expect(exporter.batches).toHaveLength(1)
    expect(errors).toHaveLength(1)
  })
})

test('alwaysRecord records for a tail sampler of your own and samples nothing', async () => {
  const { run, idle, exporter } = bench({ sampler: alwaysRecord(alwaysOff()) })
  expect(run(work)).toMatch(/-02$/)
  await idle()
  expect(exporter.batches).toHaveLength(0)
})

test('the recommended setting runs, and its weights say so', async () => {
  const { run, idle, exporter, clock } = bench({
    sampler: parentBased({ root: traceIdRatio(0.01), remoteParentSampled: rateLimited(10) }),
    tailSampler: anyOf(errors(), slowest({ percentile: 95 }), headSampled(), adaptive({ perSecond: 10 })),
  })
  for (let i = 0; i < 2000; i++) {
    run((span) => {
      work(span)
      clock.advance(10 + (i % 20))
      if (i === 1500) failing(span)
    })
  }
  await idle()
  const roots = exporter.spans.filter(({ name }) => name === 'root')
  const reasons = new Set(roots.map(({ attributes }) => attributes['clew.sampling.policy']))
  expect(reasons).toContain('errors')
  expect(reasons).toContain('slowest(95)')
  expect(roots.every(({ traceState }) => /^ot=th:[0-9a-f]+$/.test(traceState))).toBe(true)
})
