// Zipkin v2 JSON, as the OpenTelemetry specification maps it ("OpenTelemetry to Zipkin Transformation").
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { zipkinJson } from '../../src/flush/zipkin.ts'
import { type Attributes, zipkinExporter } from '../../src/flush.ts'
import { batch, host, log, span, spans } from './records.ts'

const received: { path: string; type: string; body: unknown[] }[] = []
const statuses: number[] = []
let server: Server
let url: string
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const status = statuses.shift() ?? 202
    if (status === 202)
      received.push({ path: request.url!, type: request.headers['content-type']!, body: JSON.parse(body) })
    response.writeHead(status, { 'retry-after': '0' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/spans`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const only = (fields: Parameters<typeof span>[0], dropped = {}) =>
  (JSON.parse(zipkinJson(batch({ spans: [span(fields)], dropped }))) as Record<string, unknown>[])[0]!

it('maps every field', () => {
  const mapped = only(
    {
      spanId: '00f067aa0ba902b7',
      parentSpanId: 'b7ad6b7169203331',
      kind: 2,
      startMs: 1_760_000_000_000.5,
      endMs: 1_760_000_000_002,
      name: 'POST',
      attributes: {
        'server.address': 'rates.example',
        n: 1,
        big: 2n ** 70n,
        list: ['a', 1, true],
        gone: undefined,
        nan: Number.NaN,
      },
      statusCode: 2,
      statusMessage: 'no rate',
      events: [
        { name: 'retry', timeMs: 1_760_000_000_001, attributes: {}, droppedAttributes: 0 },
        {
          name: 'exception',
          timeMs: 1_760_000_000_002,
          attributes: { 'exception.type': 'RangeError' },
          droppedAttributes: 0,
        },
      ],
      droppedEvents: 3,
    },
    { late: 2 },
  )
  expect(mapped).toEqual({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    id: '00f067aa0ba902b7',
    parentId: 'b7ad6b7169203331',
    name: 'POST',
    kind: 'CLIENT',
    timestamp: 1_760_000_000_000_500,
    duration: 1500,
    localEndpoint: { serviceName: 'checkout' },
    remoteEndpoint: { serviceName: 'rates.example' },
    annotations: [
      { timestamp: 1_760_000_000_001_000, value: 'retry' },
      { timestamp: 1_760_000_000_002_000, value: '"exception": {"exception.type":"RangeError"}' },
    ],
    tags: {
      'server.address': 'rates.example',
      n: '1',
      big: '1180591620717411303424',
      list: '["a",1,true]',
      nan: 'NaN',
      'otel.scope.name': 'clew',
      'otel.scope.version': '0.1.0',
      'otel.status_code': 'ERROR',
      error: 'no rate',
      'otel.dropped_events_count': '3',
      'clew.dropped.late': '2',
    },
  })
})

it.each([
  [0, undefined],
  [1, 'SERVER'],
  [2, 'CLIENT'],
  [3, 'PRODUCER'],
  [4, 'CONSUMER'],
] as const)('maps kind %d to %s', (kind, mapped) => {
  expect(only({ kind })['kind']).toBe(mapped)
})

it.each<[what: string, attributes: Attributes, kind: 1 | 2, name: string | undefined]>([
  ['peer.service first', { 'server.address': 'a', 'peer.service': 'b' }, 2, 'b'],
  ['not the own address of a server', { 'server.address': 'a' }, 1, undefined],
  ['nothing', {}, 2, undefined],
])('takes the remote name from %s', (_, attributes, kind, name) => {
  expect(only({ kind, attributes })['remoteEndpoint']).toEqual(name && { serviceName: name })
})

it('gives a span that took no time a microsecond, and no status tag when it has none', () => {
  const mapped = only({ endMs: 1_760_000_000_000, parentSpanId: '' })
  expect(mapped['duration']).toBe(1)
  expect(mapped).not.toHaveProperty('parentId')
  expect(mapped['tags']).not.toHaveProperty('otel.status_code')
})

it('posts spans, retries as OTLP does, and keeps what is refused', async () => {
  const exporter = zipkinExporter({ url, headers: { 'x-key': 'k' } })
  const from = batch({ spans: spans(2), logs: [log()] })
  statuses.push(503)
  expect(await exporter.export(from, host())).toEqual({ ok: true })
  expect(received).toMatchObject([{ path: '/api/v2/spans', type: 'application/json', body: [{}, {}] }])
  statuses.push(400)
  expect(await exporter.export(from, host())).toMatchObject({
    ok: false,
    reason: 'refused',
    unsent: { spans: from.spans },
  })
  expect(() => zipkinExporter({ url: 'zipkin' })).toThrow(expect.objectContaining({ code: 'invalid_option' }))
})
