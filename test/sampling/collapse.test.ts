import { describe, expect, test } from 'vitest'
import { SpanKind, type SpanRecord, StatusCode } from '../../src/flush/model.ts'
import { cap } from '../../src/sampling/cap.ts'
import { collapse } from '../../src/sampling/collapse.ts'
import { spanBytes } from '../../src/sampling/span-size.ts'
import { span } from './make.ts'

const root = span({ name: 'root', spanId: 'r'.repeat(16), endMs: 1_002_000 })
const child = (fields: Partial<SpanRecord> = {}): SpanRecord =>
  span({ parentSpanId: root.spanId, name: 'query', ...fields })
const many = (count: number, fields: Partial<SpanRecord> = {}): readonly SpanRecord[] =>
  Array.from({ length: count }, (_, i) =>
    child({ startMs: 1_000_000 + i, endMs: 1_000_000 + i + 1 + (i === 7 ? 99 : 0), ...fields }),
  )

describe('collapse', () => {
  test('makes one span of an N+1 of 500: the slowest, whole, with count, min, max and sum', () => {
    const queries = many(500, { kind: SpanKind.CLIENT, attributes: { 'db.query.text': 'SELECT 1' } })
    const { spans, collapsed } = collapse()([root, ...queries])
    expect(collapsed).toBe(499)
    expect(spans).toEqual([
      root,
      {
        ...queries[7],
        attributes: {
          'db.query.text': 'SELECT 1',
          'clew.collapsed.count': 500,
          'clew.collapsed.min_ms': 1,
          'clew.collapsed.max_ms': 100,
          'clew.collapsed.sum_ms': 599,
          'clew.collapsed.elapsed_ms': 500,
        },
      },
    ])
  })

  test('begins at its number', () => {
    expect(collapse()([root, ...many(9)]).collapsed).toBe(0)
    expect(collapse()([root, ...many(10)]).collapsed).toBe(9)
    expect(collapse({ atLeast: 2 })([root, ...many(2)]).collapsed).toBe(1)
    expect(() => collapse({ atLeast: 1 })).toThrow(/collapse: atLeast must be a number 2 or more/)
  })

  test('hands back the same list when there is nothing to do', () => {
    const spans = [root, ...many(5), ...many(8, { name: 'other' })]
    expect(collapse()(spans).spans).toBe(spans)
  })

  const parent = child({ name: 'group' })
  const untouched: readonly (readonly [string, readonly SpanRecord[]])[] = [
    ['errors', many(20, { statusCode: StatusCode.ERROR })],
    ['different queries', many(20).map((s, i) => ({ ...s, attributes: { 'db.query.text': `SELECT ${i}` } }))],
    ['different names', many(20).map((s, i) => ({ ...s, name: `query ${i}` }))],
    ['different parents', [parent, ...many(9), ...many(9, { parentSpanId: parent.spanId })]],
    ['open spans', many(20, { endMs: 0 })],
    ['producers, whose identity travels on', many(20, { kind: SpanKind.PRODUCER })],
    [
      'HTTP clients, whose identity travels on',
      many(20, { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET' } }),
    ],
    [
      'spans with links',
      many(20, {
        links: [
          {
            traceId: 'a',
            spanId: 'b',
            traceFlags: 0,
            traceState: '',
            isRemote: true,
            attributes: {},
            droppedAttributes: 0,
          },
        ],
      }),
    ],
    ['parents of other spans', many(20).flatMap((s) => [s, child({ parentSpanId: s.spanId, name: s.spanId })])],
    ['roots of other traces', many(20, { parentSpanId: '' })],
  ]
  test.each(untouched)('leaves %s alone', (_name, spans) => {
    expect(collapse()([root, ...spans]).collapsed).toBe(0)
  })

  test('keeps the order of the rest, and every parent of what is left', () => {
    const group = child({ name: 'group' })
    const spans = [root, group, ...many(15, { parentSpanId: group.spanId }), child({ name: 'last' })]
    const { spans: left } = collapse()(spans)
    expect(left.map(({ name }) => name)).toEqual(['root', 'group', 'query', 'last'])
  })

  test('takes what you call alike', () => {
    const spans = [root, ...many(20).map((s, i) => ({ ...s, attributes: { table: i % 2 ? 'a' : 'b' } }))]
    expect(collapse()(spans).collapsed).toBe(19)
    expect(collapse({ key: ({ attributes }) => String(attributes['table']) })(spans).collapsed).toBe(18)
    expect(collapse({ collapsible: () => false })(spans).collapsed).toBe(0)
  })
})

describe('cap', () => {
  test('hands back the same list up to its number, and cuts above it', () => {
    const spans = [root, ...many(9)]
    expect(cap({ maxSpans: 10 })(spans).spans).toBe(spans)
    expect(cap({ maxSpans: 9 })(spans)).toEqual({ spans: spans.slice(0, 9), collapsed: 0, dropped: 1 })
    expect(cap({ maxSpans: 1 })([])).toEqual({ spans: [], collapsed: 0, dropped: 0 })
  })

  test('keeps errors and the way to them before anything else', () => {
    const middle = child({ name: 'middle' })
    const failed = child({ name: 'failed', parentSpanId: middle.spanId, statusCode: StatusCode.ERROR })
    const { spans, dropped } = cap({ maxSpans: 4 })([root, ...many(20), middle, failed])
    expect(spans.map(({ name }) => name)).toEqual(['root', 'query', 'middle', 'failed'])
    expect(dropped).toBe(19)
  })

  test('keeps the root even where nothing else fits', () => {
    expect(cap({ maxSpans: 1 })([root, ...many(3)]).spans).toEqual([root])
    expect(cap({ maxBytes: 1 })([root, ...many(3)]).spans).toEqual([root])
  })

  test('never leaves a span without its parent', () => {
    const chain: SpanRecord[] = [root]
    for (let i = 0; i < 20; i++) chain.push(span({ parentSpanId: chain.at(-1)!.spanId, statusCode: i === 19 ? 2 : 0 }))
    const { spans } = cap({ maxSpans: 15 })([...chain, ...many(20)])
    const ids = new Set(spans.map(({ spanId }) => spanId))
    expect(spans.slice(1).every(({ parentSpanId }) => ids.has(parentSpanId))).toBe(true)
    expect(spans).toHaveLength(15)
  })

  test('counts bytes to the last', () => {
    const spans = [root, ...many(3)]
    const all = spans.reduce((sum, each) => sum + spanBytes(each), 0)
    expect(cap({ maxBytes: all })(spans).dropped).toBe(0)
    expect(cap({ maxBytes: all - 1 })(spans).dropped).toBe(1)
  })

  test('survives spans that name each other as parents', () => {
    const a = span({ spanId: 'a'.repeat(16), parentSpanId: 'b'.repeat(16) })
    const b = span({ spanId: 'b'.repeat(16), parentSpanId: 'a'.repeat(16) })
    expect(cap({ maxSpans: 2 })([root, a, b]).spans).toEqual([root])
  })

  test.each([{ maxSpans: 0 }, { maxBytes: 0 }])('refuses %o', (options) => {
    expect(() => cap(options)).toThrow(/must be a number 1 or more/)
  })
})
