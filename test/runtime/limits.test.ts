// In: more than a limit allows. Out: what the limit allows, and a true count of the rest.
import type { Limits } from 'clew'
import { describe, expect, test } from 'vitest'
import { bench } from './harness.ts'

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]))

async function limited(limits: Partial<Limits>, work: Parameters<ReturnType<typeof bench>['run']>[0]) {
  const { run, idle, exporter } = bench({ limits })
  run(work)
  await idle()
  return exporter.spans[0]!
}

describe('span limits (specification, "Span Limits")', () => {
  test.each([127, 128, 129, 300])('keep at most 128 of %d attributes given at the start', async (count) => {
    const { run, idle, exporter } = bench()
    run((span) => span.startSpan('child', { attributes: many(count) }).end())
    await idle()
    const child = exporter.spans[1]!
    expect(Object.keys(child.attributes)).toHaveLength(Math.min(count, 128))
    expect(child.droppedAttributes).toBe(Math.max(0, count - 128))
  })

  test.each([127, 128, 129, 300])('keep at most 128 of %d attributes set one by one', async (count) => {
    const span = await limited({}, (span) => void span.setAttributes(many(count)))
    expect(Object.keys(span.attributes)).toHaveLength(Math.min(count, 128))
    expect(span.droppedAttributes).toBe(Math.max(0, count - 128))
  })

  test('do not count a key that is set again', async () => {
    const span = await limited({ attributeCountLimit: 2 }, (span) => {
      for (let n = 0; n < 100; n++) span.setAttribute('a', n).setAttribute('b', n)
      span.setAttribute('c', 1).setAttribute('a', 'last')
    })
    expect(span.attributes).toEqual({ a: 'last', b: 99 })
    expect(span.droppedAttributes).toBe(1)
  })

  test.each([127, 128, 129])('keep at most 128 of %d events and links', async (count) => {
    const span = await limited({}, (span) => {
      for (let n = 0; n < count; n++) span.addEvent(`e${n}`).addLink({ context: span.spanContext() })
    })
    expect([span.events.length, span.links.length]).toEqual([Math.min(count, 128), Math.min(count, 128)])
    expect([span.droppedEvents, span.droppedLinks]).toEqual([Math.max(0, count - 128), Math.max(0, count - 128)])
  })

  test('keep at most 128 links given at the start, and 128 attributes an event and a link', async () => {
    const { run, idle, exporter } = bench()
    run((span) => {
      const link = { context: span.spanContext(), attributes: many(130) }
      span
        .startSpan('child', { links: Array.from({ length: 129 }, () => link) })
        .addEvent('e', many(131))
        .end()
    })
    await idle()
    const child = exporter.spans[1]!
    expect([child.links.length, child.droppedLinks]).toEqual([128, 1])
    expect([child.links[0]!.droppedAttributes, child.events[0]!.droppedAttributes]).toEqual([2, 3])
  })

  test.each([
    ['abcdef', 3, 'abc'],
    ['abc', 3, 'abc'],
    ['ab\u{1F600}cd', 3, 'ab'],
    ['ab\u{1F600}cd', 4, 'ab\u{1F600}'],
    ['\u{1F600}', 1, ''],
    ['abc', 0, ''],
  ])('cut %j at %d to %j, never inside a character', async (text, attributeValueLengthLimit, expected) => {
    const span = await limited(
      { attributeValueLengthLimit },
      (span) => void span.setAttributes({ text, list: [text, 1], map: { inner: { text } } }).addEvent('e', { text }),
    )
    expect(span.attributes).toEqual({ text: expected, list: [expected, 1], map: { inner: { text: expected } } })
    expect(span.events[0]!.attributes).toEqual({ text: expected })
    expect(span.droppedAttributes).toBe(0)
  })

  test('cut bytes by the byte', async () => {
    const span = await limited(
      { attributeValueLengthLimit: 2 },
      (span) => void span.setAttribute('bytes', new Uint8Array([1, 2, 3])),
    )
    expect(span.attributes['bytes']).toEqual(new Uint8Array([1, 2]))
  })

  test('reject what is no limit, where the tracer is made', () => {
    expect(() => bench({ limits: { attributeCountLimit: -1 } })).toThrow(/limits.attributeCountLimit/)
    expect(() => bench({ limits: { spanCountLimit: 0 } })).toThrow(/limits.spanCountLimit/)
    expect(() => bench({ limits: { atributeCountLimit: 1 } as never })).toThrow(/limits.atributeCountLimit/)
  })
})

describe('the buffer of an invocation', () => {
  test('holds 1,000 spans and counts the rest', async () => {
    const { run, idle, exporter, drops } = bench()
    run((span) => {
      for (let n = 1; n < 1003; n++) span.startSpan(`s${n}`).end()
    })
    await idle()
    expect(exporter.spans).toHaveLength(1000)
    expect(drops).toEqual([['buffer_full', 3]])
  })

  test('prefers the root, errors and their ancestors, in order of start', async () => {
    const { run, idle, exporter, drops, clock } = bench({ limits: { spanCountLimit: 5 } })
    run((span) => {
      for (let n = 0; n < 20; n++) {
        clock.advance(1)
        span.enterSpan(`ok ${n}`, () => {})
      }
      clock.advance(1)
      span.enterSpan('above', (span) => {
        clock.advance(1)
        span.enterSpan('failing', (span) => {
          span.setStatus({ code: 'error' })
          clock.advance(1)
          span.enterSpan('below', () => {})
        })
      })
    })
    await idle()
    expect(exporter.spans.map((span) => span.name)).toEqual(['root', 'ok 0', 'ok 1', 'above', 'failing'])
    expect(drops).toEqual([['buffer_full', 19]])
  })

  test('holds the first errors when there are more than it can hold, and every span once', async () => {
    const { run, idle, exporter, drops } = bench({ limits: { spanCountLimit: 4 } })
    run((span) => {
      for (let n = 0; n < 100; n++) {
        const child = span.startSpan(`error ${n}`)
        child.setStatus({ code: 'error' })
        child.end()
      }
    })
    await idle()
    expect(exporter.spans.map((span) => span.name)).toEqual(['root', 'error 0', 'error 1', 'error 2'])
    expect(drops).toEqual([['buffer_full', 97]])
  })
})
