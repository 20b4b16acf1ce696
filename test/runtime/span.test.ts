// In: a span and what user code does with it. Out: the record that leaves.
import { SpanKind, type SpanRecord, StatusCode, traced } from 'clew'
import { describe, expect, test } from 'vitest'
import { bench, tree } from './harness.ts'

async function record(
  work: (span: Parameters<Parameters<ReturnType<typeof bench>['run']>[0]>[0]) => unknown,
  options?: Parameters<typeof bench>[0],
): Promise<SpanRecord> {
  const { run, idle, exporter } = bench(options)
  await run(work)
  await idle()
  return exporter.spans[0]!
}

describe('children', () => {
  test('keep parent, order and duration across awaits, and inherit the trace', async () => {
    const { run, idle, exporter, clock } = bench()
    const load = traced('load', async (span, id: string) => {
      clock.advance(5)
      await null
      span.setAttribute('id', id)
      return span.enterSpan('query', () => {
        clock.advance(2)
        return `cart ${id}`
      })
    })
    const result = await run(async (span) => {
      const [cart] = await Promise.all([load(span, '42'), span.enterSpan('other', async () => clock.advance(1))])
      return cart
    })
    await idle()
    expect(result).toBe('cart 42')
    expect(tree(exporter.spans, ['id'])).toBe(
      ['root [0+8]', '  load [0+8] id=42', '    query [6+2]', '  other [5+3]'].join('\n'),
    )
    expect(new Set(exporter.spans.map((span) => span.traceId)).size).toBe(1)
    expect(exporter.batches).toHaveLength(1)
  })

  test('are made by startSpan and ended by using, by end, or marked as unfinished at the close', async () => {
    const { run, idle, exporter, clock } = bench()
    run((span) => {
      {
        using child = span.startSpan('using', { kind: SpanKind.CLIENT, attributes: { a: 1 } })
        clock.advance(3)
        child.setAttribute('b', 2)
      }
      span.startSpan('ended').end()
      span.startSpan('forgotten')
      clock.advance(1)
    })
    await idle()
    expect(tree(exporter.spans, ['a', 'b', 'clew.unfinished'])).toBe(
      ['root [0+4]', '  using [0+3] a=1 b=2', '  ended [3+0]', '  forgotten [3+1] clew.unfinished=true'].join('\n'),
    )
    expect(exporter.spans[1]!.kind).toBe(SpanKind.CLIENT)
  })

  test('of an ended span are recorded, and the ended span itself does not change', async () => {
    const { run, idle, exporter } = bench()
    run((span) => {
      const child = span.startSpan('child')
      child.end()
      child.setAttribute('late', 1).addEvent('late').setStatus({ code: 2 }).updateName('late')
      child.addLink({ context: span.spanContext() })
      child.recordException(new Error('late'))
      expect(child.isRecording()).toBe(false)
      child.enterSpan('grandchild', () => {})
    })
    await idle()
    expect(tree(exporter.spans)).toBe(['root [0+0]', '  child [0+0]', '    grandchild [0+0]'].join('\n'))
    expect(exporter.spans[1]).toMatchObject({ attributes: {}, events: [], links: [], statusCode: 0 })
  })
})

describe('the result of enterSpan', () => {
  test('is the value, the same object', () => {
    const { run } = bench()
    const value = { v: 1 }
    expect(run((span) => span.enterSpan('x', () => value))).toBe(value)
  })

  test('throws and rejects with the same error object, recorded once on its way up', async () => {
    const { run, idle, exporter } = bench()
    const boom = new RangeError('boom', { cause: new TypeError('inner') })
    await expect(
      run((span) =>
        span.enterSpan('outer', async (span) => {
          await span.enterSpan('inner', async () => {
            throw boom
          })
        }),
      ),
    ).rejects.toBe(boom)
    await idle()
    expect(tree(exporter.spans, ['error.type'])).toBe(
      [
        'root [0+0] error.type=RangeError ERROR boom',
        '  outer [0+0] error.type=RangeError ERROR boom',
        '    inner [0+0] error.type=RangeError (exception) ERROR boom',
      ].join('\n'),
    )
    const stack = exporter.spans[2]!.events[0]!.attributes['exception.stacktrace']
    expect(stack).toContain('RangeError: boom')
    expect(stack).toContain('Caused by: TypeError: inner')
  })

  test('is thrown synchronously where the callback throws synchronously', () => {
    const { run } = bench()
    const boom = new Error('boom')
    expect(() =>
      run((span) =>
        span.enterSpan('x', () => {
          throw boom
        }),
      ),
    ).toThrow(boom)
  })

  test('asks a lazy thenable once for each time the caller asks, and ends the span when it settles', async () => {
    const { run, idle, exporter, clock } = bench()
    let asked = 0
    class Query {
      #sql = 'select 1'
      // biome-ignore lint/suspicious/noThenProperty: a query builder is a thenable
      then(done: (rows: string[]) => void) {
        asked++
        clock.advance(7)
        done([this.#sql])
      }
      where() {
        return this
      }
    }
    const query = run((span) => span.enterSpan('query', () => new Query()).where())
    expect(query).toBeInstanceOf(Query)
    expect(asked).toBe(0)
    await null
    expect(await query).toEqual(['select 1'])
    expect(asked).toBe(1)
    await idle()
    expect(exporter.spans.find((span) => span.name === 'query')).toMatchObject({ attributes: {} })
  })

  test('keeps subclasses of Promise and their methods', async () => {
    class Call extends Promise<number> {
      withResponse() {
        return { response: true }
      }
    }
    const { run, idle, exporter } = bench()
    const call = run((span) => span.enterSpan('call', () => Call.resolve(5) as Call))
    expect(call).toBeInstanceOf(Call)
    expect(call.withResponse()).toEqual({ response: true })
    expect(await call).toBe(5)
    expect(await call.finally(() => {})).toBe(5)
    await idle()
    expect(exporter.spans).toHaveLength(2)
  })

  test('iterates a generator as if alone, and the span lasts as long as the iteration', async () => {
    const { run, idle, exporter, clock } = bench()
    async function* count(_span: unknown, to: number) {
      for (let n = 1; n <= to; n++) {
        clock.advance(10)
        yield n
      }
    }
    const seen: number[] = []
    await run(async (span) => {
      for await (const n of span.enterSpan('count', count, 3)) seen.push(n)
      for await (const n of span.enterSpan('left early', count, 3)) if (n === 2) break
    })
    await idle()
    expect(seen).toEqual([1, 2, 3])
    expect(tree(exporter.spans)).toBe(['root [0+50]', '  count [0+30]', '  left early [30+20]'].join('\n'))
  })

  test('fails the span of a generator that throws, with the same error', async () => {
    const { run, idle, exporter } = bench()
    const boom = new Error('boom')
    await run(async (span) => {
      const broken = span.enterSpan('broken', async function* () {
        yield 1
        throw boom
      })
      const drain = async () => {
        for await (const _ of broken);
      }
      await expect(drain()).rejects.toBe(boom)
    })
    await idle()
    expect(tree(exporter.spans)).toContain('broken [0+0] (exception) ERROR boom')
  })

  test('rejects unhandled exactly when it would have without a span', async () => {
    const unhandled: unknown[] = []
    const listen = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', listen)
    const original = process.listeners('unhandledRejection').filter((each) => each !== listen)
    for (const each of original) process.off('unhandledRejection', each)
    try {
      const { run } = bench()
      run((span) => {
        void span.enterSpan('handled', () => Promise.reject(new Error('handled'))).catch(() => {})
        void span.enterSpan('unhandled', () => Promise.reject(new Error('unhandled')))
      })
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(unhandled.map(String)).toEqual(['Error: unhandled'])
    } finally {
      process.off('unhandledRejection', listen)
      for (const each of original) process.on('unhandledRejection', each)
    }
  })
})

describe('status', () => {
  test.each([
    [[{ code: StatusCode.ERROR, message: 'a' }], 2, 'a'],
    [
      [
        { code: 'error' as const, message: 'a' },
        { code: StatusCode.ERROR, message: 'b' },
      ],
      2,
      'b',
    ],
    [[{ code: StatusCode.ERROR, message: 'a' }, { code: StatusCode.UNSET }], 2, 'a'],
    [
      [
        { code: StatusCode.ERROR, message: 'a' },
        { code: 'ok' as const, message: 'x' },
      ],
      1,
      '',
    ],
    [[{ code: StatusCode.OK }, { code: StatusCode.ERROR, message: 'a' }], 1, ''],
    [[{ code: 'unset' as const, message: 'a' }], 0, ''],
  ])('%j leaves %d %j', async (statuses, code, message) => {
    const span = await record((span) => {
      for (const status of statuses) span.setStatus(status)
    })
    expect([span.statusCode, span.statusMessage]).toEqual([code, message])
  })
})

describe('attributes', () => {
  test('overwrite, keep what is empty but meant, and ignore what is absent', async () => {
    const span = await record(
      (span) =>
        void span
          .setAttribute('a', 1)
          .setAttribute('a', 2)
          .setAttribute('', 'no key')
          .setAttribute('u', undefined)
          .setAttributes({
            zero: 0,
            no: false,
            empty: '',
            list: [],
            nothing: null,
            big: 2n ** 63n,
            bytes: new Uint8Array(2),
          })
          .setAttribute('__proto__', 'just a key'),
    )
    expect(Object.keys(span.attributes)).toEqual([
      'a',
      'zero',
      'no',
      'empty',
      'list',
      'nothing',
      'big',
      'bytes',
      '__proto__',
    ])
    expect(span.attributes['a']).toBe(2)
    expect(({} as Record<string, unknown>)['just a key']).toBeUndefined()
  })

  test('of the start are a copy: the caller may use its literal again', async () => {
    const { run, idle, exporter } = bench()
    const literal: Record<string, number> = { n: 1 }
    run((span) => {
      span.startSpan('one', { attributes: literal }).setAttribute('own', 1).end()
      literal['n'] = 2
      span.addEvent('two', literal)
      literal['n'] = 3
    })
    await idle()
    expect(exporter.spans[1]!.attributes).toEqual({ n: 1, own: 1 })
    expect(exporter.spans[0]!.events[0]!.attributes).toEqual({ n: 2 })
    expect(literal).toEqual({ n: 3 })
  })

  test('that throw when read cost themselves, and are reported', async () => {
    const { run, idle, exporter, errors } = bench()
    const hostile = {
      get key(): string {
        throw new Error('hostile')
      },
    }
    run((span) => {
      span
        .setAttributes(hostile)
        .addEvent('e', hostile)
        .addLinks(undefined as never)
      span.enterSpan('child', { attributes: hostile }, () => {})
    })
    await idle()
    expect(exporter.spans.map((span) => span.name)).toEqual(['root'])
    expect(errors).toHaveLength(4)
  })
})

describe('times', () => {
  test('may be numbers, dates and pairs, and an end before the start is the start', async () => {
    const { run, idle, exporter, clock } = bench()
    const at = clock.startMs
    run((span) => {
      span.startSpan('a', { startTime: at + 5 }).end(new Date(at + 7))
      span.startSpan('b', { startTime: [Math.floor(at / 1000), 250_000_000] }).end([Math.floor(at / 1000), 500_000_000])
      span.startSpan('c', { startTime: at + 9 }).end(at + 8)
      span.startSpan('d', { startTime: Number.NaN }).end(-1)
      const twice = span.startSpan('e')
      twice.end(at + 1)
      twice.end(at + 2)
      span.addEvent('event', at + 3).addEvent('event', { a: 1 }, at + 4)
    })
    await idle()
    const times = exporter.spans.map((span) => [span.name, span.startMs - at, span.endMs - at])
    expect(times).toEqual([
      ['root', 0, 0],
      ['a', 5, 7],
      ['b', 250, 500],
      ['c', 9, 9],
      ['d', 0, 0],
      ['e', 0, 1],
    ])
    expect(exporter.spans[0]!.events.map((event) => event.timeMs - at)).toEqual([3, 4])
  })

  test('stay in order on a clock that stands still, and on one that runs backwards', async () => {
    let now = 1_800_000_000_000
    const { run, idle, exporter } = bench({ now: () => now-- })
    run((span) => span.enterSpan('a', (span) => span.enterSpan('b', () => {})))
    await idle()
    for (const span of exporter.spans) expect(span.endMs).toBeGreaterThanOrEqual(span.startMs)
  })
})

describe('recordException', () => {
  test.each<[unknown, string, string]>([
    [new TypeError('t'), 'TypeError', 't'],
    ['text', 'string', 'text'],
    [null, 'object', ''],
    [undefined, 'undefined', ''],
    [{ name: 'Custom', message: 'm' }, 'Custom', 'm'],
    [{}, 'Object', ''],
    [Object.create(null), 'object', ''],
    [42, 'number', '42'],
  ])('describes %o', async (thrown, type, message) => {
    const span = await record((span) => span.recordException(thrown))
    const { attributes } = span.events[0]!
    expect([attributes['exception.type'], attributes['exception.message'] ?? '']).toEqual([type, message])
    expect(span.statusCode).toBe(StatusCode.UNSET)
  })

  test('survives a cause that is itself, and getters that throw', async () => {
    const loop = new Error('loop')
    loop.cause = loop
    const hostile = Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('no')
      },
    })
    const span = await record((span) => {
      span.recordException(loop)
      span.recordException(hostile)
    })
    expect(span.events).toHaveLength(2)
    expect(String(span.events[0]!.attributes['exception.stacktrace']).match(/Caused by/g)).toHaveLength(8)
  })
})

test('an object that throws when it is asked anything is returned as it is', () => {
  const { run } = bench()
  const shy = new Proxy(
    {},
    {
      get() {
        throw new Error('do not ask')
      },
    },
  )
  expect(run((span) => span.enterSpan('x', () => shy)) === shy).toBe(true)
})
