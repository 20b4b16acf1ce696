// In: small traces told as lines. Out: the conclusions about them, told as lines.
import { describe, expect, it } from 'vitest'
import { comparePairs } from '../src/analysis/compare.ts'
import { errorPaths } from '../src/analysis/errors.ts'
import { findingsOf } from '../src/analysis/findings.ts'
import { formatDuration } from '../src/analysis/format.ts'
import { MIN_REPEATS, repetitions, sequences, skews } from '../src/analysis/patterns.ts'
import { criticalPath, lengthOf, ownSegments } from '../src/analysis/timing.ts'
import { treeOf } from '../src/analysis/tree.ts'
import type { Kind, SpanView, TraceView } from '../src/model.ts'

const MS = 1e6

interface Told {
  readonly id: string
  readonly parent?: string
  readonly service?: string
  readonly kind?: Kind
  readonly from: number
  readonly to: number
  readonly error?: boolean
  readonly more?: Partial<SpanView>
}

const traceOf = (told: readonly Told[]): TraceView => ({
  traceId: 'a'.repeat(32),
  startNano: '1790000000000000000',
  duration: Math.max(...told.map(({ to }) => to)) * MS,
  revision: 1,
  resources: [{}],
  scopes: [{ name: '', version: '', attributes: {} }],
  logs: [],
  spans: told.map(({ id, parent = '', service = 'a', kind = 'internal', from, to, error, more }) => ({
    ...{ spanId: id, parentSpanId: parent, traceState: '', flags: 0, name: id, service, kind, startNano: '0' },
    ...{
      offset: from * MS,
      duration: (to - from) * MS,
      unfinished: false,
      status: error ? 'error' : 'unset',
      statusMessage: '',
    },
    ...{
      attributes: {},
      events: [],
      links: [],
      droppedAttributes: 0,
      droppedEvents: 0,
      droppedLinks: 0,
      resource: 0,
      scope: 0,
    },
    ...more,
  })),
})

const draw = (told: readonly Told[]): string[] =>
  treeOf(traceOf(told)).nodes.map((node) => `${'  '.repeat(node.depth)}${node.span ? node.name : '?'}`)

describe('the tree', () => {
  it('gives an unknown parent a place of its own', () => {
    expect(
      draw([
        { id: 'x', parent: 'lost', from: 0, to: 1 },
        { id: 'y', parent: 'lost', from: 2, to: 3 },
      ]),
    ).toEqual(['?', '  x', '  y'])
  })

  it('cuts a circle at its earliest span and loses none', () => {
    expect(
      draw([
        { id: 'b', parent: 'c', from: 2, to: 3 },
        { id: 'c', parent: 'a', from: 3, to: 4 },
        { id: 'a', parent: 'b', from: 1, to: 2 },
        { id: 'd', parent: 'c', from: 5, to: 6 },
      ]),
    ).toEqual(['a', '  c', '    b', '    d'])
  })

  it('hangs the called half of a shared id under the calling half', () => {
    const tree = treeOf(
      traceOf([
        { id: 'root', from: 0, to: 10 },
        { id: 's', parent: 'root', service: 'b', kind: 'server', from: 2, to: 8 },
        { id: 's', parent: 'root', service: 'a', kind: 'client', from: 1, to: 9 },
        { id: 'inner', parent: 's', service: 'b', from: 3, to: 4 },
      ]),
    )
    expect(tree.nodes.map((node) => `${node.depth} ${node.service} ${node.name}`)).toEqual([
      '0 a root',
      '1 a s',
      '2 b s',
      '3 b inner',
    ])
  })

  it('holds a chain of 20,000 spans', () => {
    const told = Array.from({ length: 20_000 }, (_, i) => ({
      id: String(i),
      ...(i > 0 ? { parent: String(i - 1) } : {}),
      from: 0,
      to: 1,
    }))
    expect(treeOf(traceOf(told)).nodes.at(-1)!.depth).toBe(19_999)
  })
})

describe('the critical path', () => {
  const path = (told: readonly Told[]): string[] =>
    criticalPath(treeOf(traceOf(told)).roots[0]!)
      .toReversed()
      .map(({ node, start, end }) => `${node.name} ${start / MS}–${end / MS}`)

  it('follows whatever ended last', () => {
    expect(
      path([
        { id: 'root', from: 0, to: 100 },
        { id: 'quick', parent: 'root', from: 10, to: 30 },
        { id: 'slow', parent: 'root', from: 10, to: 80 },
        { id: 'inner', parent: 'slow', from: 20, to: 70 },
      ]),
    ).toEqual(['root 0–10', 'slow 10–20', 'inner 20–70', 'slow 70–80', 'root 80–100'])
  })

  it('goes through calls that ran one after another', () => {
    expect(
      path([
        { id: 'root', from: 0, to: 60 },
        { id: 'one', parent: 'root', from: 0, to: 20 },
        { id: 'two', parent: 'root', from: 25, to: 60 },
      ]),
    ).toEqual(['one 0–20', 'root 20–25', 'two 25–60'])
  })

  it('leaves out work that outlived the response', () => {
    expect(
      path([
        { id: 'root', from: 0, to: 10 },
        { id: 'later', parent: 'root', from: 12, to: 90 },
      ]),
    ).toEqual(['root 0–10'])
  })

  it('adds up to the length of the root, whatever the clocks say', () => {
    for (let seed = 1; seed < 60; seed++) {
      const told: Told[] = [{ id: '0', from: 0, to: 100 }]
      for (let i = 1; i < 12; i++) {
        const from = ((seed * 37 + i * 53) % 130) - 15
        told.push({ id: String(i), parent: String((seed * i) % i), from, to: from + ((seed * i * 7) % 60) })
      }
      const root = treeOf(traceOf(told)).roots[0]!
      expect(lengthOf(criticalPath(root))).toBeCloseTo(root.end - root.start, 3)
    }
  })
})

it('own time is what no child covers', () => {
  const root = treeOf(
    traceOf([
      { id: 'root', from: 0, to: 100 },
      { id: 'a', parent: 'root', from: 10, to: 30 },
      { id: 'b', parent: 'root', from: 20, to: 50 },
      { id: 'after', parent: 'root', from: 95, to: 130 },
    ]),
  ).roots[0]!
  expect(ownSegments(root).map(({ start, end }) => [start / MS, end / MS])).toEqual([
    [0, 10],
    [50, 95],
  ])
})

describe('patterns', () => {
  const calls = (count: number, name = 'SELECT'): Told[] =>
    Array.from({ length: count }, (_, i) => ({
      id: `${name}${i}`,
      parent: 'root',
      kind: 'client' as const,
      from: i * 10,
      to: i * 10 + 9,
      more: { name },
    }))
  const root: Told = { id: 'root', kind: 'server', from: 0, to: 200 }

  it.each([
    [MIN_REPEATS - 1, 0],
    [MIN_REPEATS, 1],
  ])('%d equal calls are N+1 %d times', (count, expected) => {
    expect(repetitions(treeOf(traceOf([root, ...calls(count)])).nodes)).toHaveLength(expected)
  })

  it('calls that differ only in their literals are equal, others are not', () => {
    const query = (i: number, text: string): Told => ({
      ...calls(6)[i]!,
      more: { name: 'query', attributes: { 'db.query.text': text } },
    })
    const alike = [0, 1, 2, 3, 4].map((i) => query(i, `SELECT * FROM t WHERE id = ${i} AND n = 'x${i}'`))
    const different = ['a', 'b', 'c', 'd', 'e'].map((table, i) => query(i, `SELECT * FROM ${table}`))
    expect(repetitions(treeOf(traceOf([root, ...alike])).nodes)).toHaveLength(1)
    expect(repetitions(treeOf(traceOf([root, ...different])).nodes)).toHaveLength(0)
  })

  it('a collapsed span counts for all it stands for', () => {
    const collapsed: Told = { ...calls(1)[0]!, more: { name: 'SELECT', attributes: { 'clew.collapsed.count': 40 } } }
    expect(repetitions(treeOf(traceOf([root, collapsed])).nodes)).toMatchObject([{ count: 40 }])
  })

  it('different calls in a row could run side by side', () => {
    const nodes = treeOf(
      traceOf([root, { ...calls(1, 'one')[0]!, from: 0, to: 50 }, { ...calls(1, 'two')[0]!, from: 50.5, to: 80 }]),
    ).nodes
    expect(sequences(nodes, [])).toMatchObject([{ saving: 29.5 * MS }])
  })

  it('calls with work between them, or at the same time, are no sequence', () => {
    const apart = treeOf(
      traceOf([root, { ...calls(1, 'one')[0]!, from: 0, to: 50 }, { ...calls(1, 'two')[0]!, from: 90, to: 120 }]),
    ).nodes
    const together = treeOf(
      traceOf([root, { ...calls(1, 'one')[0]!, from: 0, to: 50 }, { ...calls(1, 'two')[0]!, from: 1, to: 51 }]),
    ).nodes
    expect([sequences(apart, []), sequences(together, [])]).toEqual([[], []])
  })

  it('a service that begins before its caller has another clock', () => {
    const nodes = treeOf(
      traceOf([
        { id: 'root', kind: 'client', from: 40, to: 100 },
        { id: 'called', parent: 'root', service: 'b', kind: 'server', from: 5, to: 60 },
      ]),
    ).nodes
    expect(skews(nodes)).toMatchObject([{ caller: 'a', service: 'b', shift: 35 * MS }])
  })
})

it('a call that ends before its caller does has no other clock', () => {
  const call = (from: number, to: number): number =>
    skews(
      treeOf(
        traceOf([
          { id: 'root', kind: 'client', from: 0, to: 100 },
          { id: 'called', parent: 'root', service: 'b', kind: 'server', from, to },
        ]),
      ).nodes,
    ).length
  expect([call(5, 60), call(0, 100), call(30, 110), call(20, 300)]).toEqual([0, 0, 1, 0])
})

it('calls of one kind are one culprit', () => {
  const [first] = findingsOf(
    traceOf([
      { id: 'root', from: 0, to: 100 },
      { id: 'a', parent: 'root', from: 0, to: 45, more: { name: 'SELECT' } },
      { id: 'b', parent: 'root', from: 50, to: 95, more: { name: 'SELECT' } },
    ]),
  )
  expect(first!.title).toBe('90 % of the time is 2 × SELECT in a')
  expect(first!.spanIds.toSorted()).toEqual(['a', 'b'])
})

describe('errors', () => {
  it('pass through spans that did not fail', () => {
    const nodes = treeOf(
      traceOf([
        { id: 'root', from: 0, to: 10, error: true },
        { id: 'between', parent: 'root', from: 1, to: 9 },
        { id: 'origin', parent: 'between', from: 2, to: 8, error: true },
      ]),
    ).nodes
    expect(errorPaths(nodes)).toMatchObject([{ nodes: [{ name: 'origin' }, { name: 'root' }], absorbedBy: undefined }])
  })

  const told = (middle: boolean): Told[] => [
    { id: 'root', service: 'gateway', from: 0, to: 100, error: middle },
    { id: 'middle', parent: 'root', service: 'orders', from: 10, to: 90, error: middle },
    {
      id: 'origin',
      parent: 'middle',
      service: 'payment',
      from: 20,
      to: 80,
      error: true,
      more: { statusMessage: 'card declined' },
    },
  ]

  it('are followed from their origin to the root', () => {
    expect(errorPaths(treeOf(traceOf(told(true))).nodes)).toMatchObject([
      {
        nodes: [{ name: 'origin' }, { name: 'middle' }, { name: 'root' }],
        absorbedBy: undefined,
        message: 'card declined',
      },
    ])
  })

  it('or to the span that coped', () => {
    expect(errorPaths(treeOf(traceOf(told(false))).nodes)).toMatchObject([
      { nodes: [{ name: 'origin' }], absorbedBy: { name: 'middle' } },
    ])
  })
})

it('the findings of a slow, failing, patchy trace, most important first', () => {
  const findings = findingsOf(
    traceOf([
      { id: 'root', service: 'gateway', kind: 'server', from: 0, to: 1000, error: true },
      {
        id: 'charge',
        parent: 'root',
        service: 'payment',
        kind: 'client',
        from: 50,
        to: 900,
        error: true,
        more: { statusMessage: 'timeout' },
      },
      { id: 'stray', parent: 'lost', service: 'stock', from: 100, to: 120 },
      { id: 'open', parent: 'root', service: 'gateway', from: 910, to: 910, more: { unfinished: true } },
      { id: 'notify', parent: 'root', service: 'gateway', kind: 'client', from: 1005, to: 1100 },
    ]),
  )
  expect(findings.map(({ kind, title }) => `${kind}: ${title}`)).toEqual([
    'error: charge in payment failed: timeout',
    'culprit: 85 % of the time is charge in payment',
    'missing: 1 parent span did not arrive',
    'unfinished: 1 span never ended',
    'late: 1 span ran after the response',
  ])
})

it('a comparison pairs spans by service and name, and keeps what has no partner', () => {
  const a = traceOf([
    { id: 'root', from: 0, to: 10 },
    { id: 'same', parent: 'root', from: 1, to: 2 },
    { id: 'gone', parent: 'root', from: 3, to: 4 },
  ])
  const b = traceOf([
    { id: 'root', from: 0, to: 30 },
    { id: 'same', parent: 'root', from: 1, to: 5 },
    { id: 'new', parent: 'root', from: 6, to: 7 },
  ])
  expect(
    comparePairs(a, b).map(
      (pair) => `${pair.a?.name ?? '–'} ${pair.b?.name ?? '–'} ${pair.delta === undefined ? '' : pair.delta / MS}`,
    ),
  ).toEqual(['root root 20', 'same same 3', '– new ', 'gone – '])
})

it.each([
  [0, '0 ms'],
  [950, '950 ns'],
  [1500, '1.5 µs'],
  [999_999, '1 ms'],
  [12_345_678, '12.3 ms'],
  [1_240_000_000, '1.24 s'],
  [90e9, '1.5 min'],
  [7200e9, '2 h'],
])('%d ns reads %s', (nanos, text) => {
  expect(formatDuration(nanos)).toBe(text)
})
