import { describe, expect, test } from 'vitest'
import { json } from '../../src/flush/json.ts'
import type { SpanRecord } from '../../src/flush/model.ts'
import { spanBytes } from '../../src/sampling/span-size.ts'
import { span } from './make.ts'

const encoder = json()

/** Bytes that one more of this span adds to a request. */
const encodedBytes = (record: SpanRecord): number => {
  const size = (spans: readonly SpanRecord[]): number =>
    new TextEncoder().encode(
      encoder.traces({
        resource: { attributes: {}, schemaUrl: '' },
        scope: { name: '', version: '', schemaUrl: '' },
        spans,
        logs: [],
        dropped: {},
      }) as string,
    ).length
  return size([record, record]) - size([record])
}

const attributes = {
  'http.request.method': 'GET',
  'http.route': '/carts/:id',
  'http.response.status_code': 200,
  'url.full': 'https://shop.example/carts/42?currency=eur',
  'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
}
const stack = 'Error: no such cart\n    at loadCart (worker.js:1:2345)\n'.repeat(8)

describe('spanBytes is within a third of the encoded size of', () => {
  test.each<[string, Partial<SpanRecord>]>([
    ['a bare span', {}],
    ['a span with five attributes', { attributes }],
    ['a child', { parentSpanId: 'b7ad6b7169203331', attributes, traceState: 'ot=th:fd70a' }],
    [
      'an exception',
      {
        attributes,
        statusCode: 2,
        statusMessage: 'no such cart',
        events: [{ name: 'exception', timeMs: 1, attributes: { 'exception.stacktrace': stack }, droppedAttributes: 0 }],
      },
    ],
    [
      'links',
      {
        links: Array.from({ length: 10 }, () => ({
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: 'b7ad6b7169203331',
          traceFlags: 1,
          traceState: '',
          isRemote: true,
          attributes: {},
          droppedAttributes: 0,
        })),
      },
    ],
    ['a long query', { attributes: { 'db.query.text': 'SELECT '.repeat(500) } }],
    [
      'lists',
      {
        attributes: {
          ids: Array.from({ length: 50 }, (_, i) => `cart-${i}`),
          big: 2n ** 60n,
          raw: new Uint8Array(300),
        },
      },
    ],
  ])('%s', (_name, fields) => {
    const record = span({ startMs: 1_700_000_000_000.5, endMs: 1_700_000_000_010, ...fields })
    const ratio = spanBytes(record) / encodedBytes(record)
    expect(ratio).toBeGreaterThan(2 / 3)
    expect(ratio).toBeLessThan(4 / 3)
  })

  test('a value that contains itself ends', () => {
    const loop: Record<string, never> = {}
    loop['loop'] = loop as never
    expect(spanBytes(span({ attributes: { loop } }))).toBeLessThan(1000)
  })
})
