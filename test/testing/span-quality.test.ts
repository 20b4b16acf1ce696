// In: traces with what one regrets later, and traces without. Out: one warning each.
import { SpanKind } from 'clew'
import { detect, emails } from 'clew/privacy'
import { recorder, spanQuality } from 'clew/testing'
import { describe, expect, test, vi } from 'vitest'
import { MAX_WARNINGS } from '../../src/runtime/testing/span-quality.ts'

type Options = NonNullable<Parameters<typeof recorder>[0]>
type Act = (
  span: Parameters<Parameters<ReturnType<typeof recorder>['run']>[0]>[0],
  advance: (ms: number) => void,
) => void

async function warningsOf(act: Act, options: Options = {}, times = 2): Promise<string[]> {
  const said: string[] = []
  const record = recorder({ check: spanQuality({ warn: (message) => void said.push(message) }), ...options })
  for (let i = 0; i < times; i++) {
    record.run((span) => act(span, record.clock.advance))
    await record.idle()
  }
  expect(record.errors).toEqual([])
  return said
}

describe('span names', () => {
  test.each([
    'GET /users/12345',
    'order 8731',
    'job 123e4567-e89b-12d3-a456-426614174000',
    'cart 4bf92f3577b34da6',
    'GET /users/7/orders',
    'mail ann@mail.example',
    'GET https://a.example/users',
    'search ?q=shoes',
  ])('%s holds an id', async (name) => {
    expect(await warningsOf((span) => span.startSpan(name).end())).toEqual([expect.stringContaining('holds an id')])
  })

  test.each([
    'GET /users/:id',
    'charge card',
    'SELECT carts',
    'GET',
    'v2 checkout',
    'sha256',
    'feedface',
    'scheduled */5 * * * *',
  ])('%s does not', async (name) => expect(await warningsOf((span) => span.startSpan(name).end())).toEqual([]))

  test('more of them than anybody would write are told once', async () => {
    const words = 'abcdefghijklmnopqrstuvwxyz'
    const said = await warningsOf((span) => {
      for (let i = 0; i < 201; i++) span.startSpan(`work ${words[i % 26]}${words[Math.floor(i / 26)]}`).end()
    })
    expect(said.filter((message) => message.includes('more than 200'))).toHaveLength(1)
  })
})

test('an error without a status is told; one with a status is not', async () => {
  expect(await warningsOf((span) => span.recordException(new Error('x')))).toEqual([
    expect.stringMatching(/"root" recorded an error but has no status/),
  ])
  expect(
    await warningsOf((span) => {
      span.recordException(new Error('x'))
      span.setStatus({ code: 'error' })
    }),
  ).toEqual([])
})

test('what went over a limit is told', async () => {
  const said = await warningsOf(
    (span) => {
      span.setAttributes({ a: 1, b: 2, c: 3 }).addEvent('x').addEvent('y')
    },
    { limits: { attributeCountLimit: 2, eventCountLimit: 1 } },
  )
  expect(said).toEqual([expect.stringContaining('lost 1 attributes'), expect.stringContaining('lost 1 events')])
})

test('what looks personal is told by its key and never by its value', async () => {
  const said = await warningsOf((span) =>
    span.setAttributes({
      who: 'ann@mail.example',
      deep: [{ card: '4111 1111 1111 1111' }],
      at: '2027-01-15T08:00:00Z',
      id: '4bf92f3577b34da6a3ce929d0e0e4736',
    }),
  )
  expect(said).toEqual([expect.stringMatching(/"who" .* e-mail/), expect.stringMatching(/"deep" .* card number/)])
  expect(said.join()).not.toMatch(/ann@|4111/)
})

test('what looks personal is told of events and status messages as well', async () => {
  const said = await warningsOf((span) => {
    span.addEvent('mail sent', { to: 'ann@mail.example' })
    span.setStatus({ code: 'error', message: 'no user ann@mail.example' })
  })
  expect(said).toEqual([
    expect.stringMatching(/"status.message" of "root" .* e-mail/),
    expect.stringMatching(/"to" of the event "mail sent" .* e-mail/),
  ])
})

test('what has been masked is not told', async () => {
  const said = await warningsOf(
    (span) => span.setAttribute('who', 'ann@mail.example').setAttribute('token', 'ann@mail.example'),
    { redact: detect([emails()]) },
  )
  expect(said).toEqual([])
})

describe('N+1', () => {
  const queries =
    (count: number, isAtOnce = false): Act =>
    (span, advance) => {
      const open = Array.from({ length: count }, () => {
        const child = span.startSpan('SELECT users', { kind: SpanKind.CLIENT })
        advance(1)
        if (!isAtOnce) child.end()
        return child
      })
      for (const child of open) child.end()
    }

  test.each([
    [9, false, 0],
    [10, false, 1],
    [50, false, 1],
    [50, true, 0],
  ])('%d of them, at once: %j: %d warning', async (count, isAtOnce, warnings) => {
    const said = await warningsOf(queries(count, isAtOnce))
    expect(said.filter((message) => message.includes('N+1'))).toHaveLength(warnings)
  })

  test('spans with children of their own are work and no loop', async () => {
    const said = await warningsOf((span) => {
      for (let i = 0; i < 20; i++) span.enterSpan('page', (span) => span.startSpan('fetch').end())
    })
    expect(said).toEqual([])
  })
})

describe('gaps', () => {
  test.each([
    [99, 0],
    [100, 1],
  ])('%d ms between two children: %d warning', async (ms, warnings) => {
    const said = await warningsOf((span, advance) => {
      span.startSpan('first').end()
      advance(ms)
      span.startSpan('second').end()
    })
    expect(said).toHaveLength(warnings)
    if (warnings) expect(said[0]).toMatch(/"root" has a gap of 100 ms before "second"/)
  })

  test('before the end, and under a longer child there is none', async () => {
    const late = await warningsOf((span, advance) => {
      span.startSpan('first').end()
      advance(500)
    })
    expect(late).toEqual([expect.stringContaining('before its end')])
    const covered = await warningsOf((span, advance) => {
      const long = span.startSpan('long')
      span.startSpan('short').end()
      advance(500)
      long.end()
    })
    expect(covered).toEqual([])
  })

  test('a span without children is work of its own', async () => {
    expect(await warningsOf((_span, advance) => advance(5000))).toEqual([])
  })
})

test('says it by console.warn, and falls silent in the end', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  await warningsOf(
    (span) => {
      for (let i = 0; i < 2 * MAX_WARNINGS; i++) span.setAttribute(`k${i}`, 'a@b.example')
    },
    { check: spanQuality(), limits: { attributeCountLimit: 1000 } },
  )
  expect(warn).toHaveBeenCalledTimes(MAX_WARNINGS)
  warn.mockRestore()
})

test('a check that throws is not felt', async () => {
  const record = recorder({
    check: () => {
      throw new Error('mine')
    },
  })
  record.run(() => {})
  await record.idle()
  expect(record.spans).toHaveLength(1)
  expect(record.errors).toHaveLength(1)
})
