// In: calls through span.fetch to a real server. Out: what the server saw, what the caller got, and the span between.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanKind } from 'clew'
import { outbound } from 'clew/propagate'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, tree } from './harness.ts'

let server: Server
let url: string
let seen: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      seen.push({ method: request.method ?? '', path, headers: request.headers, body })
      if (path === '/hang') return
      if (path === '/reset') return void request.socket.destroy()
      if (path.startsWith('/redirect')) return void response.writeHead(302, { location: '/ok' }).end()
      response.statusCode = Number(/\/(\d{3})/.exec(path)?.[1] ?? 200)
      response.end(`answer to ${path}`)
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => void (seen = []))

const SHOWN = ['http.request.method', 'http.response.status_code', 'error.type']

test('carries the CLIENT span to the other side, and leaves the answer to the caller', async () => {
  const { run, idle, exporter } = bench()
  const text = await run(async (span) => (await span.fetch(`${url}/ok?x=1#f`)).text())
  await idle()
  expect(text).toBe('answer to /ok?x=1')
  const client = exporter.spans[1]!
  expect(client.kind).toBe(SpanKind.CLIENT)
  expect(seen[0]!.headers['traceparent']).toBe(`00-${client.traceId}-${client.spanId}-03`)
  expect(client.attributes).toEqual({
    'http.request.method': 'GET',
    'url.full': `${url}/ok?x=1#f`,
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(url).port),
    'http.response.status_code': 200,
  })
})

test.each([
  ['/200', 'GET', 'GET [0+0] http.request.method=GET http.response.status_code=200'],
  ['/304', 'get', 'GET [0+0] http.request.method=GET http.response.status_code=304'],
  ['/404', 'POST', 'POST [0+0] http.request.method=POST http.response.status_code=404 error.type=404 ERROR'],
  ['/503', 'PUT', 'PUT [0+0] http.request.method=PUT http.response.status_code=503 error.type=503 ERROR'],
  ['/200', 'PURGE', 'HTTP [0+0] http.request.method=_OTHER http.response.status_code=200'],
])('says of %s by %s: %s', async (path, method, expected) => {
  const { run, idle, exporter } = bench()
  await run(async (span) => (await span.fetch(url + path, { method })).text())
  await idle()
  expect(tree(exporter.spans, SHOWN)).toBe(`root [0+0]\n  ${expected}`)
})

describe('an error', () => {
  test('of the network is the same object to the caller, and an error on the span', async () => {
    const { run, idle, exporter } = bench()
    const error: unknown = await run((span) => span.fetch(`${url}/reset`)).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(TypeError)
    await idle()
    expect(tree(exporter.spans, SHOWN)).toContain('error.type=TypeError (exception) ERROR fetch failed')
  })

  test("is not the caller's abort", async () => {
    const { run, idle, exporter } = bench()
    const controller = new AbortController()
    const call = run((span) => span.fetch(`${url}/hang`, { signal: controller.signal }))
    controller.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
    await idle()
    expect(exporter.spans[1]).toMatchObject({ statusCode: 0, events: [] })
  })

  test('is a deadline that passed', async () => {
    const { run, idle, exporter } = bench()
    await expect(run((span) => span.fetch(`${url}/hang`, { signal: AbortSignal.timeout(20) }))).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    await idle()
    expect(exporter.spans[1]!.attributes['error.type']).toBe('TimeoutError')
    expect(exporter.spans[1]!.statusCode).toBe(2)
  })

  test('of a broken call is the host’s own', async () => {
    const { run } = bench()
    await expect(run((span) => span.fetch('http://'))).rejects.toBeInstanceOf(TypeError)
    await expect(run((span) => span.fetch(url, { headers: { 'bad name': 'x' } }))).rejects.toBeInstanceOf(TypeError)
  })
})

describe("the caller's objects", () => {
  test('stay as they are: init, headers, Request, body', async () => {
    const { run } = bench()
    const headers = Object.freeze({ 'x-own': 'kept', traceparent: 'mine' })
    const init = Object.freeze({ method: 'POST', headers, body: 'payload', redirect: 'manual' as const })
    const request = new Request(`${url}/ok`, { method: 'PUT', headers: { 'x-req': '1' }, body: 'streamed' })
    await run(async (span) => {
      expect((await span.fetch(`${url}/redirect`, init)).status).toBe(302)
      await span.fetch(request)
      await span.fetch(new URL(`${url}/ok`))
      await span.fetch(new Request(`${url}/ok`, { headers: { 'x-req': '1' } }), { headers: { 'x-init': '2' } })
    })
    expect(request.headers.get('traceparent')).toBeNull()
    expect(
      seen.map(({ method, body, headers }) => [method, body, headers['x-own'] ?? headers['x-req'], headers['x-init']]),
    ).toEqual([
      ['POST', 'payload', 'kept', undefined],
      ['PUT', 'streamed', '1', undefined],
      ['GET', '', undefined, undefined],
      ['GET', '', undefined, '2'],
    ])
    for (const { headers } of seen) expect(headers['traceparent']).toMatch(/^00-.{32}-.{16}-03$/)
  })

  test('may be instances whose members are inherited', async () => {
    const { run } = bench()
    class Init {
      get method() {
        return 'POST'
      }
      get body() {
        return 'from a getter'
      }
    }
    await run((span) => span.fetch(`${url}/ok`, new Init()))
    expect([seen[0]!.method, seen[0]!.body]).toEqual(['POST', 'from a getter'])
  })

  test('work detached: any SDK that takes a fetch may have it', async () => {
    const { run, idle, exporter } = bench()
    const { fetch } = run((span) => ({ fetch: span.fetch }))
    await (await fetch(`${url}/ok`)).text()
    await idle()
    expect(seen).toHaveLength(1)
    expect(exporter.spans.length).toBeGreaterThan(0)
  })
})

describe('secrets in a URL', () => {
  test.each([
    ['https://user:pw@h.example/p', 'https://REDACTED:REDACTED@h.example/p'],
    ['https://h.example/p?sig=abc&x=1', 'https://h.example/p?sig=REDACTED&x=1'],
    [
      'https://h.example/p?X-Amz-Signature=a&X-Amz-Credential=b&X-Amz-Security-Token=c',
      'https://h.example/p?X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED',
    ],
    ['https://h.example/p?access_token=abc#f', 'https://h.example/p?access_token=REDACTED#f'],
    ['https://h.example/p?page=2&design=x', 'https://h.example/p?page=2&design=x'],
  ])('%s is recorded as %s', async (given, recorded) => {
    const { run, idle, exporter } = bench()
    await run((span) => span.fetch(given, { signal: AbortSignal.abort() })).catch(() => {})
    await idle()
    expect(exporter.spans[1]!.attributes['url.full']).toBe(recorded)
  })
})

describe('what goes along', () => {
  test('is trace and tracestate, and no baggage, to hosts nobody listed', async () => {
    const { run } = bench()
    const carrier = new Headers({
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03',
      tracestate: 'vendor=1',
      baggage: 'tier=gold',
    })
    await run((span) => span.fetch(`${url}/ok`), { carrier })
    expect(seen[0]!.headers).toMatchObject({ tracestate: 'vendor=1' })
    expect(seen[0]!.headers['traceparent']).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-.{16}-03$/)
    expect(seen[0]!.headers['baggage']).toBeUndefined()
  })

  test('is baggage too, inherited and changed by withBaggage, where the policy or the call says so', async () => {
    const { run } = bench({ outbound: outbound({ baggage: ['127.0.0.1'] }) })
    await run(
      async (span) => {
        expect(span.baggage?.get('tier')).toBe('gold')
        const richer = span.withBaggage({ region: 'eu', tier: undefined })
        await richer.enterSpan('child', (span) => span.fetch(`${url}/ok`))
        await span.fetch(`${url}/ok`)
        await span.fetch(`${url}/ok`, {}, { propagate: false })
      },
      { carrier: new Headers({ baggage: 'tier=gold' }) },
    )
    expect(seen.map(({ headers }) => headers['baggage'])).toEqual(['region=eu', 'tier=gold', undefined])
    expect(seen[2]!.headers['traceparent']).toBeUndefined()
  })

  test('is the flag of an unsampled trace, with no span recorded', async () => {
    const { run, idle, exporter } = bench()
    const carrier = new Headers({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' })
    await run((span) => span.fetch(`${url}/ok`), { carrier })
    await idle()
    expect(seen[0]!.headers['traceparent']).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-.{16}-00$/)
    expect(exporter.batches).toHaveLength(0)
  })

  test('names and describes the call as its caller wants', async () => {
    const { run, idle, exporter } = bench()
    await run((span) => span.fetch(`${url}/ok`, {}, { name: 'GET /ok', attributes: { 'app.step': 1 } }))
    await idle()
    expect(tree(exporter.spans, ['app.step'])).toContain('GET /ok [0+0] app.step=1')
  })
})
