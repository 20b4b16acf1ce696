// In: OTLP requests, good, broken and hostile, over HTTP against a running viewer. Out: the answers and what was kept.

import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES, MAX_INFLATED_BYTES, MAX_VALUE_DEPTH } from '../src/receive/limits.ts'
import { startViewer, type Viewer } from '../src/viewer.ts'

const TRACE = '5b8efff798038103d269b633813fc60c'
const START = '1790000000123456789'

const span = (id: string, more: object = {}): object => ({
  traceId: TRACE,
  spanId: id,
  name: 'work',
  kind: 2,
  startTimeUnixNano: START,
  endTimeUnixNano: '1790000000223456790',
  ...more,
})

const request = (spans: unknown, service = 'shop'): object => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: 'test' }, spans }],
    },
  ],
})

let viewer: Viewer
beforeAll(async () => {
  viewer = await startViewer({ port: 0 })
})
afterAll(() => viewer.close())

const post = (body: BodyInit, headers: Record<string, string> = {}, path = '/v1/traces'): Promise<Response> =>
  fetch(viewer.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })

let serial = 0
const freshTrace = (): string => (++serial).toString(16).padStart(32, 'a')

describe('receives', () => {
  it.each([['application/json'], ['application/json; charset=utf-8'], ['Application/JSON;charset=UTF-8']])(
    '%s',
    async (type) => {
      const response = await post(JSON.stringify(request([span('eee19b7ec3c1b174')])), { 'content-type': type })
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await response.json()).toEqual({ partialSuccess: {} })
    },
  )

  it('gzip', async () => {
    const response = await post(gzipSync(JSON.stringify(request([span('eee19b7ec3c1b174')]))), {
      'content-encoding': 'gzip',
    })
    expect(response.status).toBe(200)
  })

  it('keeps times to the nanosecond and every kind of value', async () => {
    const traceId = freshTrace()
    const attributes = [
      { key: 'text', value: { stringValue: 'a "quoted" <b> \u2028 line' } },
      { key: 'big', value: { intValue: '9223372036854775807' } },
      { key: 'negative', value: { intValue: '-5' } },
      { key: 'whole double', value: { doubleValue: 2 } },
      { key: 'nan', value: { doubleValue: 'NaN' } },
      { key: 'yes', value: { boolValue: true } },
      { key: 'bytes', value: { bytesValue: 'AAEC' } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 1 }] } } },
      { key: 'map', value: { kvlistValue: { values: [{ key: '__proto__', value: { stringValue: 'p' } }] } } },
      { key: 'nothing', value: {} },
    ]
    await post(JSON.stringify(request([span('00f067aa0ba902b7', { traceId, attributes })])))
    const kept = viewer.trace(traceId)!.spans[0]!
    expect(kept.startNano).toBe(START)
    expect(kept.duration).toBe(100_000_001)
    expect(kept.attributes).toMatchObject({
      text: 'a "quoted" <b> \u2028 line',
      big: { $int: '9223372036854775807' },
      negative: -5,
      'whole double': { $double: '2' },
      nan: { $double: 'NaN' },
      yes: true,
      bytes: { $bytes: 'AAEC' },
      list: ['a', 1],
      nothing: null,
    })
    // The export says exactly what came in.
    const exported = (await (await fetch(`${viewer.url}/api/traces/${traceId}/otlp`)).json()) as {
      resourceSpans: {
        scopeSpans: { spans: { attributes: object[]; startTimeUnixNano: string; endTimeUnixNano: string }[] }[]
      }[]
    }
    const back = exported.resourceSpans[0]!.scopeSpans[0]!.spans[0]!
    expect(back.startTimeUnixNano).toBe(START)
    expect(back.endTimeUnixNano).toBe('1790000000223456790')
    expect(back.attributes).toEqual(
      attributes.map((pair) =>
        pair.key === 'whole double'
          ? { key: pair.key, value: { doubleValue: '2' } }
          : JSON.parse(JSON.stringify(pair).replace(/"intValue":1\b/, '"intValue":"1"')),
      ),
    )
  })

  it('cuts values nested deeper than the limit, not the span', async () => {
    const traceId = freshTrace()
    const nested = (depth: number): object =>
      depth === 0 ? { stringValue: 'deep' } : { arrayValue: { values: [nested(depth - 1)] } }
    await post(
      JSON.stringify(
        request([
          span('00f067aa0ba902b7', {
            traceId,
            attributes: [
              { key: 'at the limit', value: nested(MAX_VALUE_DEPTH) },
              { key: 'beyond', value: nested(MAX_VALUE_DEPTH + 1) },
            ],
          }),
        ]),
      ),
    )
    const { attributes } = viewer.trace(traceId)!.spans[0]!
    expect(JSON.stringify(attributes['at the limit'])).toContain('deep')
    expect(JSON.stringify(attributes['beyond'])).not.toContain('deep')
    expect(JSON.stringify(attributes['beyond'])).toContain('$cut')
  })
})

describe('refuses a part', () => {
  it.each([
    ['a trace id that is no id', { traceId: 'zz' }, 'traceId'],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }, 'traceId'],
    ['a span id that is too long', { spanId: 'a'.repeat(18) }, 'spanId'],
    ['a parent id that is no id', { parentSpanId: 'xyz' }, 'parentSpanId'],
    ['no start', { startTimeUnixNano: undefined }, 'startTimeUnixNano'],
    ['a start that is no time', { startTimeUnixNano: '-1' }, 'startTimeUnixNano'],
    ['a start beyond what can be kept', { startTimeUnixNano: '18446744073709551615' }, 'startTimeUnixNano'],
    ['an end before the start', { endTimeUnixNano: '1690000000000000000' }, 'before'],
  ])('%s, and keeps the neighbour', async (_name, broken, reason) => {
    const traceId = freshTrace()
    const response = await post(
      JSON.stringify(
        request([span('00f067aa0ba902b7', { traceId }), span('00f067aa0ba902b8', { traceId, ...broken })]),
      ),
    )
    expect(response.status).toBe(200)
    const { partialSuccess } = (await response.json()) as {
      partialSuccess: { rejectedSpans: string; errorMessage: string }
    }
    expect(partialSuccess.rejectedSpans).toBe('1')
    expect(partialSuccess.errorMessage).toContain(reason)
    expect(viewer.trace(traceId)!.spans).toHaveLength(1)
  })
})

describe('refuses the whole', () => {
  const bomb = (): BodyInit => gzipSync(Buffer.alloc(MAX_INFLATED_BYTES + 1))
  const broken: [string, number, Record<string, string>, () => BodyInit][] = [
    ['broken JSON', 400, {}, () => '{'],
    ['JSON that is no message', 400, {}, () => '[]'],
    ['a list that is none', 400, {}, () => '{"resourceSpans":7}'],
    ['bytes that are no UTF-8', 400, {}, () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['text', 415, { 'content-type': 'text/plain' }, () => '{}'],
    ['no content type', 415, { 'content-type': '' }, () => '{}'],
    ['protobuf that is JSON', 400, { 'content-type': 'application/x-protobuf' }, () => '{"resourceSpans":[]}'],
    ['gzip that is none', 400, { 'content-encoding': 'gzip' }, () => '{}'],
    [
      'gzip cut short',
      400,
      { 'content-encoding': 'gzip' },
      () => gzipSync(JSON.stringify(request([span('eee19b7ec3c1b174')]))).subarray(0, 40),
    ],
    ['an unknown encoding', 415, { 'content-encoding': 'zstd' }, () => '{}'],
    ['a zip bomb', 413, { 'content-encoding': 'gzip' }, bomb],
    ['a body too large', 413, {}, () => Buffer.alloc(MAX_BODY_BYTES + 1, 0x20)],
  ]
  it.each(broken)('%s with %d, and stays up', async (_name, status, headers, body) => {
    const response = await post(body(), headers)
    expect(response.status).toBe(status)
    const text = Buffer.from(await response.arrayBuffer()).toString('latin1')
    expect(text.length).toBeGreaterThan(10)
    expect((await post(JSON.stringify(request([span('eee19b7ec3c1b174')])))).status).toBe(200)
  })

  it('takes a body exactly as large as allowed', async () => {
    const body = Buffer.alloc(MAX_BODY_BYTES, 0x20)
    body.write('{}')
    expect((await post(body)).status).toBe(200)
  })

  it('a length that lies, and a sender that hangs up', async () => {
    for (const lie of [
      'POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"res',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(viewer.port, '127.0.0.1', () => socket.write(lie, () => socket.destroy()))
        socket.on('close', () => resolve())
      })
    }
    expect((await post(JSON.stringify(request([span('eee19b7ec3c1b174')])))).status).toBe(200)
  })

  it.each([
    ['GET', '/v1/traces', 405],
    ['PUT', '/v1/logs', 405],
    ['POST', '/v1/metrics', 404],
  ])('%s %s with %d', async (method, path, status) => {
    expect((await fetch(viewer.url + path, { method })).status).toBe(status)
  })
})

describe('survives anything', () => {
  const anyLeaf = fc.oneof(
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant('0'.repeat(32)),
    fc.constant(TRACE),
    fc.constant(START),
  )
  const spanLike = fc.record(
    {
      ...Object.fromEntries(
        [
          'traceId',
          'spanId',
          'parentSpanId',
          'name',
          'kind',
          'startTimeUnixNano',
          'endTimeUnixNano',
          'flags',
          'traceState',
        ].map((key) => [key, anyLeaf]),
      ),
      attributes: fc.oneof(
        anyLeaf,
        fc.array(
          fc.record(
            {
              key: anyLeaf,
              value: fc.oneof(
                anyLeaf,
                fc.dictionary(
                  fc.constantFrom('stringValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'),
                  fc.oneof(anyLeaf, fc.object()),
                ),
              ),
            },
            { requiredKeys: [] },
          ),
        ),
      ),
      events: fc.oneof(anyLeaf, fc.array(fc.object())),
      links: fc.oneof(anyLeaf, fc.array(fc.object())),
      status: fc.oneof(anyLeaf, fc.object()),
    },
    { requiredKeys: [] },
  )

  it('JSON of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json(),
          fc.array(fc.oneof(spanLike, anyLeaf)).map((spans) => JSON.stringify(request(spans))),
        ),
        async (body) => {
          const response = await post(body)
          expect([200, 400]).toContain(response.status)
          await response.arrayBuffer()
        },
      ),
      { numRuns: 300 },
    )
  })

  it('bytes of any kind as protobuf', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (body) => {
        const response = await post(new Uint8Array(body), { 'content-type': 'application/x-protobuf' })
        expect([200, 400]).toContain(response.status)
        await response.arrayBuffer()
      }),
      { numRuns: 300 },
    )
  })
})

describe('merges', () => {
  it('a span that arrives twice', async () => {
    const traceId = freshTrace()
    for (let i = 0; i < 2; i++) await post(JSON.stringify(request([span('00f067aa0ba902b7', { traceId })])))
    expect(viewer.trace(traceId)!.spans).toHaveLength(1)
    const { traces } = (await (await fetch(`${viewer.url}/api/search?q=trace.id=${traceId}`)).json()) as {
      traces: { spans: number }[]
    }
    expect(traces[0]!.spans).toBe(1)
  })

  const open = {
    endTimeUnixNano: '0',
    attributes: [
      { key: 'clew.unfinished', value: { boolValue: true } },
      { key: 'early', value: { intValue: 1 } },
    ],
  }
  const done = { attributes: [{ key: 'late', value: { intValue: 2 } }], status: { code: 2 } }
  it.each([
    ['the unfinished first', [open, done]],
    ['the unfinished last', [done, open]],
  ])('an unfinished copy with the finished one, %s', async (_name, copies) => {
    const traceId = freshTrace()
    for (const copy of copies) await post(JSON.stringify(request([span('00f067aa0ba902b7', { traceId, ...copy })])))
    const [kept] = viewer.trace(traceId)!.spans
    expect(kept).toMatchObject({
      unfinished: false,
      duration: 100_000_001,
      status: 'error',
      attributes: { early: 1, late: 2 },
    })
    expect(kept!.attributes).not.toHaveProperty('clew.unfinished')
  })

  it('late spans into the trace they belong to, the root last', async () => {
    const traceId = freshTrace()
    await post(
      JSON.stringify(
        request([span('00f067aa0ba902b8', { traceId, parentSpanId: '00f067aa0ba902b7', name: 'child' })], 'stock'),
      ),
    )
    await post(
      JSON.stringify(
        request([span('00f067aa0ba902b7', { traceId, name: 'root', startTimeUnixNano: '1790000000000000000' })]),
      ),
    )
    const { traces } = (await (await fetch(`${viewer.url}/api/search?q=trace.id=${traceId}`)).json()) as {
      traces: object[]
    }
    expect(traces[0]).toMatchObject({
      name: 'root',
      service: 'shop',
      rootMissing: false,
      spans: 2,
      services: ['stock', 'shop'],
    })
  })

  it('but keeps both halves of a call that share one id', async () => {
    const traceId = freshTrace()
    await post(JSON.stringify(request([span('00f067aa0ba902b7', { traceId, kind: 3 })], 'caller')))
    await post(JSON.stringify(request([span('00f067aa0ba902b7', { traceId, kind: 2 })], 'called')))
    expect(
      viewer
        .trace(traceId)!
        .spans.map((kept) => kept.service)
        .sort(),
    ).toEqual(['called', 'caller'])
  })
})
