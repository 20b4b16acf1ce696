import { describe, expect, it } from 'vitest'
import { consoleExporter, type SpanRecord, waterfall } from '../../src/flush.ts'
import { batch, host, span, TRACE_ID } from './records.ts'

const at = 1_760_000_000_000
const trace: SpanRecord[] = [
  span({
    spanId: 'a',
    name: 'GET /cart',
    kind: 1,
    startMs: at,
    endMs: at + 200,
    attributes: { 'http.response.status_code': 502, 'http.route': '/cart' },
    statusCode: 2,
    statusMessage: '',
  }),
  span({
    spanId: 'c',
    parentSpanId: 'a',
    name: 'POST',
    kind: 2,
    startMs: at + 50,
    endMs: at + 190,
    attributes: { 'server.address': 'rates.example' },
  }),
  span({ spanId: 'b', parentSpanId: 'a', name: 'load cart', kind: 0, startMs: at + 1, endMs: at + 41 }),
  span({
    spanId: 'd',
    parentSpanId: 'b',
    name: 'SELECT carts',
    kind: 2,
    startMs: at + 2,
    endMs: at + 2.5,
    attributes: { 'db.system.name': 'sqlite' },
  }),
  span({
    spanId: 'e',
    parentSpanId: 'c',
    name: 'POST /quote',
    kind: 1,
    startMs: at + 60,
    endMs: at + 180,
    statusCode: 2,
    statusMessage: 'no rate',
    events: [
      {
        name: 'exception',
        timeMs: at + 180,
        attributes: { 'exception.type': 'RangeError', 'exception.message': 'amount' },
        droppedAttributes: 0,
      },
    ],
  }),
  span({ spanId: 'f', parentSpanId: 'a', name: 'audit', kind: 0, startMs: at + 100, endMs: 0 }),
]

describe('waterfall', () => {
  it('draws a trace across services as a tree with offsets, durations, bars, errors and key attributes', () => {
    const service = ({ spanId }: SpanRecord) => (spanId === 'e' ? 'rates' : 'checkout')
    expect(`\n${waterfall(trace, { service })}\n`).toMatchInlineSnapshot(`
      "
      trace 4bf92f3577b34da6a3ce929d0e0e4736  6 spans  2 services  200 ms  2 errors
      checkout ✗ GET /cart          0 ms  200 ms ██████████████████ 502
               ├ load cart          1 ms   40 ms ███▋
               │ └ SELECT carts     2 ms  0.5 ms ▏                  sqlite
               ├ POST              50 ms  140 ms     ████████████▋  rates.example
      rates    │ └ ✗ POST /quote   60 ms  120 ms      ██████████▊
               │     ! no rate
               │     ! RangeError: amount
      checkout └ audit            100 ms    open          ░░░░░░░░░
      "
    `)
  })

  it.each([60, 80, 100, 140])('fits %d columns, whatever the names', (columns) => {
    const wide = trace.map((one, i) => span({ ...one, name: `${'名前🚀'.repeat(i * 10)}${one.name.repeat(i * 9)}` }))
    for (const line of waterfall(wide, { columns }).split('\n')) expect(cells(line)).toBeLessThanOrEqual(columns)
  })

  it('does not let a span write to the terminal', () => {
    const text = waterfall([span({ name: '\u001b[2J\nevil\u202e\ud800', statusCode: 2, statusMessage: '\u0007' })])
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    expect(text.split('\n')).toHaveLength(3)
  })

  it('keeps the name in sight however deep a span is', () => {
    const deep = Array.from({ length: 60 }, (_, i) =>
      span({ spanId: `${i}`, parentSpanId: `${i - 1}`, name: `level ${i}` }),
    )
    expect(waterfall(deep)).toMatch(/… +└ level 59 /)
  })

  it('says an error where it came from, not again on its way up', () => {
    const failed = { statusCode: 2, statusMessage: 'no route' } as const
    const text = waterfall([
      span({ spanId: '1', ...failed }),
      span({ spanId: '2', parentSpanId: '1', ...failed }),
      span({ spanId: '3', parentSpanId: '2', ...failed }),
    ])
    expect(text.match(/no route/g)).toHaveLength(1)
    expect(text.match(/✗/g)).toHaveLength(3)
  })

  it('adds to a name only what it does not say yet', () => {
    const attributes = {
      'http.route': '/orders',
      'http.response.status_code': 502,
      'error.type': '502',
      'url.scheme': 'https',
      'server.address': 'orders.example',
    }
    const query = { 'cloudflare.d1.response.rows_read': 20, 'db.system.name': 'sqlite' }
    const lines = waterfall([
      span({ name: 'POST /orders', attributes }),
      span({ name: 'SELECT', attributes: query }),
    ]).split('\n')
    expect(lines[1]).toMatch(/[█▏] +502$/)
    expect(lines[2]).toMatch(/[█▏] +rows_read=20/)
  })

  it('shows spans without their parents, and circles, once each', () => {
    const text = waterfall([
      span({ spanId: '1', parentSpanId: 'elsewhere', name: 'orphan' }),
      span({ spanId: '2', parentSpanId: '3', name: 'ring two' }),
      span({ spanId: '3', parentSpanId: '2', name: 'ring three' }),
      span({ spanId: '4', parentSpanId: '4', name: 'own parent' }),
    ])
    for (const name of ['orphan', 'ring two', 'ring three', 'own parent']) expect(text.split(name)).toHaveLength(2)
  })

  it('keeps traces apart, oldest first, and is empty for none', () => {
    const text = waterfall([span({ startMs: at + 5, traceId: 'b'.repeat(32) }), span({ startMs: at })])
    expect(text.match(/^trace \w+/gm)).toEqual([`trace ${TRACE_ID}`, `trace ${'b'.repeat(32)}`])
    expect(waterfall([])).toBe('')
  })

  it('draws ten thousand spans below each other', () => {
    const deep = Array.from({ length: 10_000 }, (_, i) => span({ spanId: `${i}`, parentSpanId: `${i - 1}` }))
    expect(waterfall(deep).split('\n')).toHaveLength(10_001)
  })
})

it('prints a batch with the name of its service', async () => {
  const printed: string[] = []
  const exporter = consoleExporter({ print: (text) => printed.push(text) })
  expect(await exporter.export(batch({ spans: trace }), host())).toEqual({ ok: true })
  expect(printed.join()).toMatch(/^trace \w+ {2}checkout {2}6 spans.*\n✗ GET \/cart /)
  const broken = consoleExporter({
    print: () => {
      throw new Error('EPIPE')
    },
  })
  expect(await broken.export(batch({ spans: trace }), host())).toMatchObject({ ok: false, reason: 'encoding' })
})

const cells = (line: string) =>
  [...line].reduce((sum, character) => sum + (/\p{Emoji_Presentation}|[\u2e80-\ua4cf]/u.test(character) ? 2 : 1), 0)
