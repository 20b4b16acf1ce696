// In: one invocation, its work and its host. Out: when it closes, what leaves, and what is counted instead.
import { type Exporter, type ExportResult, memoryExporter } from 'clew'
import { cap, collapse } from 'clew/sampling'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bench, tree } from './harness.ts'

function deferred<T = void>() {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('the close', () => {
  test('gives the host its promise before the first line of the handler, and settles it after the export', async () => {
    const exported = deferred<ExportResult>()
    const exporter: Exporter = { export: () => exported.promise }
    const { run, kept } = bench({ exporter })
    let settled = false
    run(() => expect(kept).toHaveLength(1))
    void kept[0]!.then(() => (settled = true))
    await turn()
    expect(settled).toBe(false)
    exported.resolve({ ok: true })
    await turn()
    expect(settled).toBe(true)
  })

  test('waits for the handler and for everything given to waitUntil, nested ones too; the root does not', async () => {
    const { run, idle, exporter, clock } = bench()
    const one = deferred()
    const two = deferred()
    run((span) => {
      span.waitUntil(
        span.enterSpan('after', async (span) => {
          await one.promise
          span.waitUntil(span.enterSpan('nested', () => two.promise))
        }),
      )
    })
    clock.advance(5)
    await turn()
    expect(exporter.batches).toHaveLength(0)
    one.resolve()
    await turn()
    clock.advance(5)
    expect(exporter.batches).toHaveLength(0)
    two.resolve()
    await idle()
    expect(tree(exporter.spans)).toBe(['root [0+0]', '  after [0+5]', '    nested [5+5]'].join('\n'))
    expect(exporter.batches).toHaveLength(1)
  })

  describe('where the host answers first', () => {
    const start = { answersFirst: true }

    test('comes a turn after the answer, and takes with it what has ended by then', async () => {
      const { run, idle, exporter } = bench()
      await run(async (span) => {
        const floating = span.startSpan('floating')
        void Promise.resolve().then(() => Promise.resolve().then(() => floating.end()))
      }, start)
      for (let n = 0; n < 20; n++) await Promise.resolve()
      expect(exporter.batches).toHaveLength(0)
      await idle()
      expect(exporter.batches).toHaveLength(1)
      expect(tree(exporter.spans)).toBe(['root [0+0]', '  floating [0+0]'].join('\n'))
      expect(exporter.spans.some(({ attributes }) => 'clew.unfinished' in attributes)).toBe(false)
    })

    test('waits for work that begins in that turn', async () => {
      const { run, idle, exporter } = bench()
      const work = deferred()
      const span = run((span) => span, start)
      span.waitUntil(span.enterSpan('begun late', () => work.promise))
      await turn()
      await turn()
      expect(exporter.batches).toHaveLength(0)
      work.resolve()
      await idle()
      expect(exporter.batches).toHaveLength(1)
    })

    test('comes at once when the host stops, and once', async () => {
      const { run, idle, exporter } = bench()
      run((_, lifetime) => lifetime, start).close()
      await idle()
      await turn()
      expect(exporter.batches).toHaveLength(1)
    })

    test('comes at once where there is no timer', async () => {
      const { run, idle, exporter } = bench()
      vi.stubGlobal('setTimeout', () => {
        throw new Error('no timers here')
      })
      run(() => {}, start)
      vi.unstubAllGlobals()
      await idle()
      expect(exporter.batches).toHaveLength(1)
    })
  })

  test('is not put off by a waitUntil that rejects, and hands the host the same promise', async () => {
    const { run, idle, exporter, kept } = bench()
    const failing = Promise.reject(new Error('background'))
    const given: Promise<unknown>[] = []
    run((span) => span.waitUntil(failing), {
      keepAlive(promise) {
        given.push(promise)
        kept.push(promise.catch(() => {}))
      },
    })
    await idle()
    expect(given[1]).toBe(failing)
    expect(exporter.batches).toHaveLength(1)
  })

  test('asks a lazy thenable given to waitUntil once', async () => {
    const { run, idle } = bench()
    let asked = 0
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: a query builder is a thenable
      then(done: () => void) {
        asked++
        done()
      },
    }
    run((span) => span.waitUntil(lazy as never))
    await idle()
    expect(asked).toBe(1)
  })

  test('posts nothing when nothing was sampled, and gives the host nothing to wait for', async () => {
    const { run, idle, exporter, kept } = bench({
      sampler: { shouldSample: () => ({ decision: 'DROP' }), description: '' },
    })
    run((span) => {
      expect(span.isRecording()).toBe(false)
      span.enterSpan('child', (child) => expect(child).toBe(span))
    })
    await idle()
    expect(kept).toHaveLength(0)
    expect(exporter.batches).toHaveLength(0)
  })

  test('exports an invocation that does nothing at all', async () => {
    const { run, idle, exporter } = bench()
    run(() => {})
    await idle()
    expect(tree(exporter.spans)).toBe('root [0+0]')
  })
})

describe('the deadline', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('closes with unfinished spans marked, ten seconds before the host would cut', async () => {
    const { run, exporter, clock } = bench()
    run(
      (span) => {
        void span.enterSpan('hangs', () => {
          const never = new Promise(() => {})
          span.waitUntil(never)
          return never
        })
      },
      { graceMs: 30_000 },
    )
    clock.advance(19_999)
    await vi.advanceTimersByTimeAsync(19_999)
    expect(exporter.batches).toHaveLength(0)
    clock.advance(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(tree(exporter.spans, ['clew.unfinished'])).toBe(
      ['root [0+0]', '  hangs [0+20000] clew.unfinished=true'].join('\n'),
    )
  })

  test('gives the exporter what is left of the grace, and answers for one that does not', async () => {
    const budgets: number[] = []
    const exporter: Exporter = {
      export(_, host) {
        budgets.push(host.budgetMs)
        return new Promise(() => {})
      },
    }
    const { run, kept, clock, drops } = bench({ exporter })
    run(
      (span) => {
        span.waitUntil(new Promise<void>((resolve) => setTimeout(resolve, 4_000)))
      },
      { graceMs: 30_000 },
    )
    clock.advance(4_000)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(budgets).toEqual([26_000])
    await vi.advanceTimersByTimeAsync(26_000)
    await Promise.all(kept)
    expect(drops).toEqual([['timeout', 1]])
  })

  test('sets no timer for an exporter that keeps the budget itself', async () => {
    const timers: number[] = []
    const exporter: Exporter = {
      isTimely: true,
      async export() {
        await null
        timers.push(vi.getTimerCount())
        return { ok: true }
      },
    }
    const { run, kept } = bench({ exporter })
    run(() => {}, { graceMs: 30_000 })
    await Promise.all(kept)
    expect([...timers, vi.getTimerCount()]).toEqual([0, 0])
  })
})

describe('what comes late', () => {
  test('leaves once more, together, when all of it has ended', async () => {
    const { run, idle, exporter, clock } = bench()
    const gate = deferred()
    let root: Parameters<Parameters<typeof run>[0]>[0] | undefined
    run((span) => {
      root = span
    })
    await turn()
    expect(exporter.batches).toHaveLength(1)
    clock.advance(3)
    const late = root!.enterSpan('late', async (span) => {
      await span.enterSpan('inner', () => gate.promise)
    })
    gate.resolve()
    await late
    await turn()
    await idle()
    expect(exporter.batches).toHaveLength(2)
    expect(exporter.batches[1]!.spans.map((span) => span.name)).toEqual(['late', 'inner'])
  })

  test('and later than that is counted', async () => {
    const { run, idle, exporter, drops } = bench()
    let root: Parameters<Parameters<typeof run>[0]>[0] | undefined
    run((span) => {
      root = span
    })
    await turn()
    root!.enterSpan('late', () => {})
    await turn()
    await idle()
    root!.enterSpan('too late', () => {})
    await turn()
    await idle()
    expect(exporter.batches).toHaveLength(2)
    expect(drops).toEqual([['late', 1]])
  })

  test('is counted once, whether it ends or not, and what left unfinished is not counted again', async () => {
    const { run, idle, exporter, drops } = bench()
    let root: Parameters<Parameters<typeof run>[0]>[0] | undefined
    const open = run((span) => {
      root = span
      return span.startSpan('forgotten')
    })
    await turn()
    root!.enterSpan('late', () => {})
    await turn()
    await idle()
    open.end()
    const endless = root!.startSpan('too late')
    root!.startSpan('and too late').end()
    await turn()
    await idle()
    expect(endless.isRecording()).toBe(true)
    expect(exporter.batches.flatMap(({ spans }) => spans.map(({ name }) => name))).toEqual([
      'root',
      'forgotten',
      'late',
    ])
    expect(drops).toEqual([
      ['late', 1],
      ['late', 1],
    ])
  })

  test('waits for a late waitUntil', async () => {
    const { run, idle, exporter } = bench()
    const gate = deferred()
    let root: Parameters<Parameters<typeof run>[0]>[0] | undefined
    run((span) => {
      root = span
    })
    await turn()
    root!.waitUntil(root!.enterSpan('late', () => gate.promise))
    root!.enterSpan('quick', () => {})
    await turn()
    expect(exporter.batches).toHaveLength(1)
    gate.resolve()
    await turn()
    await idle()
    expect(exporter.batches[1]!.spans.map((span) => span.name)).toEqual(['late', 'quick'])
  })

  test('goes the way of the first verdict', async () => {
    const { run, idle, exporter, drops } = bench({
      tailSampler: { decide: () => ({ keep: false }), description: 'none' },
    })
    let root: Parameters<Parameters<typeof run>[0]>[0] | undefined
    run((span) => {
      root = span
    })
    await turn()
    root!.enterSpan('late', () => {})
    await turn()
    await idle()
    expect(exporter.batches).toHaveLength(0)
    expect(drops).toEqual([
      ['sampled_out', 1],
      ['sampled_out', 1],
    ])
  })
})

describe('the tail decision', () => {
  test('sees every span of the invocation and is written onto the root', async () => {
    const { run, idle, exporter } = bench({
      sampler: { shouldSample: () => ({ decision: 'DROP' }), description: '' },
      tailSampler: {
        decide: ({ spans, root, headSampled, dropped }) => ({
          keep: spans.some((span) => span.statusCode === 2) && !headSampled && root === spans[0] && dropped === 0,
          policy: 'errors',
          adjustedCount: 3,
          traceState: 'ot=th:8',
        }),
        description: 'errors',
      },
    })
    run((span) => span.enterSpan('fails', (span) => void span.setStatus({ code: 'error' })))
    run((span) => span.enterSpan('succeeds', () => {}))
    await idle()
    expect(tree(exporter.spans, ['clew.sampling.policy', 'clew.sampling.adjusted_count'])).toBe(
      ['root [0+0] clew.sampling.policy=errors clew.sampling.adjusted_count=3', '  fails [0+0] ERROR'].join('\n'),
    )
    expect(exporter.spans.map((span) => span.traceState)).toEqual(['ot=th:8', 'ot=th:8'])
    expect(exporter.spans[0]!.traceFlags & 1).toBe(0)
  })

  test('falls back to the head when the sampler throws', async () => {
    const { run, idle, exporter, errors } = bench({
      tailSampler: {
        decide() {
          throw new Error('broken policy')
        },
        description: '',
      },
    })
    run(() => {})
    await idle()
    expect(exporter.spans).toHaveLength(1)
    expect(String(errors[0])).toContain('broken policy')
  })
})

describe('what a kept trace may cost', () => {
  test('is bounded by budgets, in their order, and what they leave out is counted', async () => {
    const { run, idle, exporter, drops } = bench({ budgets: [collapse({ atLeast: 3 }), cap({ maxSpans: 4 })] })
    run((span) => {
      for (let n = 0; n < 50; n++) span.enterSpan('query', () => {})
      for (const name of ['a', 'b', 'c', 'd']) span.enterSpan(name, () => {})
    })
    await idle()
    expect(tree(exporter.spans, ['clew.collapsed.count'])).toBe(
      ['root [0+0]', '  query [0+0] clew.collapsed.count=50', '  a [0+0]', '  b [0+0]'].join('\n'),
    )
    expect(drops).toEqual([['over_budget', 2]])
  })

  test('is not cut by a budget that throws', async () => {
    const broken = () => {
      throw new Error('broken budget')
    }
    const { run, idle, exporter, errors } = bench({ budgets: [broken] })
    run(() => {})
    await idle()
    expect(exporter.spans).toHaveLength(1)
    expect(errors).toHaveLength(1)
  })

  test('may be spared where the head did not choose: nothing is recorded for the tail to keep', async () => {
    const { run, idle, exporter } = bench({
      record: 'sampled',
      sampler: { shouldSample: () => ({ decision: 'DROP' }), description: '' },
      tailSampler: { decide: () => ({ keep: true }), description: '' },
    })
    run((span) => expect(span.isRecording()).toBe(false))
    await idle()
    expect(exporter.batches).toHaveLength(0)
  })
})

describe('losses', () => {
  test('are told with the next export that succeeds, once', async () => {
    const memory = memoryExporter()
    let fail = true
    const { run, idle } = bench({
      exporter: {
        export: (batch, host) =>
          fail ? Promise.resolve({ ok: false, reason: 'refused', message: 'no' }) : memory.export(batch, host),
      },
    })
    run((span) => span.enterSpan('child', () => {}))
    await idle()
    run(() => {})
    await idle()
    fail = false
    run(() => {})
    await idle()
    run(() => {})
    await idle()
    expect(memory.batches.map((batch) => batch.dropped)).toEqual([{ refused: 3 }, {}])
  })

  test('of an exporter that throws, rejects or answers nonsense are counted too', async () => {
    for (const broken of [
      () => {
        throw new Error('sync')
      },
      () => Promise.reject(new Error('async')),
    ]) {
      const { run, idle, drops } = bench({ exporter: { export: broken as never } })
      run(() => {})
      await idle()
      expect(drops).toEqual([['encoding', 1]])
    }
  })
})

describe('concurrent invocations with the same incoming trace id', () => {
  test('keep their own spans, durations and statuses', async () => {
    const { run, idle, exporter, clock } = bench()
    const carrier = new Headers({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' })
    const slow = deferred()
    const fast = deferred()
    const first = run((span) => span.enterSpan('slow', () => slow.promise), { carrier, name: 'first' })
    const second = run((span) => span.enterSpan('fast', () => fast.promise), { carrier, name: 'second' })
    clock.advance(20)
    fast.reject(new Error('fast failed'))
    await expect(second).rejects.toThrow('fast failed')
    clock.advance(380)
    slow.resolve()
    await first
    await idle()
    expect(exporter.batches.map((batch) => tree(batch.spans))).toEqual([
      ['second [0+20] ERROR fast failed', '  fast [0+20] (exception) ERROR fast failed'].join('\n'),
      ['first [0+400]', '  slow [0+400]'].join('\n'),
    ])
  })
})

describe('an invocation that runs long', () => {
  test('sends what has ended every ten seconds, whole spans only, and the rest at its end', async () => {
    const { run, idle, exporter, clock } = bench()
    await run(async (span) => {
      const open = span.startSpan('open all the time')
      for (let n = 0; n < 25; n++) {
        clock.advance(1_000)
        await span.enterSpan(`tick ${n}`, async () => {})
      }
      open.end()
    })
    await idle()
    expect(exporter.batches.map(({ spans }) => spans.length)).toEqual([10, 10, 7])
    expect(exporter.batches[2]!.spans.map(({ name }) => name).slice(0, 2)).toEqual(['root', 'open all the time'])
    expect(new Set(exporter.spans.map(({ spanId }) => spanId)).size).toBe(27)
  })

  test('sends a megabyte on at once', async () => {
    const { run, idle, exporter, clock } = bench()
    run((span) => {
      clock.advance(10_000)
      for (let n = 0; n < 25; n++) span.enterSpan(`s${n}`, { attributes: { text: 'x'.repeat(100_000) } }, () => {})
    })
    await idle()
    expect(exporter.batches.map(({ spans }) => spans.length)).toEqual([1, 10, 10, 5])
  })

  test('waits for its verdict where a tail sampler will give one', async () => {
    const { run, idle, exporter, clock } = bench({ tailSampler: { decide: () => ({ keep: true }), description: '' } })
    run((span) => {
      for (let n = 0; n < 25; n++) {
        clock.advance(1_000)
        span.enterSpan(`tick ${n}`, () => {})
      }
    })
    await idle()
    expect(exporter.batches.map(({ spans }) => spans.length)).toEqual([26])
  })

  test('makes room when it is crowded, and at most twenty times', async () => {
    const { run, idle, exporter, clock, drops } = bench({ limits: { spanCountLimit: 10 } })
    run((span) => {
      clock.advance(10_000)
      for (let n = 0; n < 200; n++) span.enterSpan(`s${n}`, () => {})
    })
    await idle()
    expect(exporter.batches).toHaveLength(21)
    const left = exporter.spans.length
    expect(left + (drops[0]?.[1] ?? 0)).toBe(201)
    expect(drops.map(([reason]) => reason)).toEqual(['buffer_full'])
  })
})
