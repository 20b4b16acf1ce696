// In: calls that are redirected, within an origin and across. Out: what each host got to see, and the host's own answer.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { baggage, composite, outbound, traceContext } from 'clew/propagate'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench } from './harness.ts'

interface Seen {
  readonly at: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const servers: Server[] = []
let seen: Seen[] = []
let home = ''
let abroad = ''

async function listen(name: string): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://x')
      seen.push({ at: `${name}${url.pathname}`, method: request.method ?? '', headers: request.headers, body })
      const isForever = url.pathname === '/forever'
      const status = isForever ? 302 : Number(url.searchParams.get('status'))
      if (status)
        response.writeHead(status, { location: isForever ? '/forever' : (url.searchParams.get('to') ?? '/end') })
      response.end(`${name}${url.pathname}`)
    })
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.on('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  home = await listen('home')
  abroad = await listen('abroad')
})
beforeEach(() => void (seen = []))
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

const carrier = new Headers({
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03',
  tracestate: 'vendor=1',
  baggage: 'tier=gold',
})

function policy() {
  return bench({
    propagator: composite([traceContext(), baggage()]),
    outbound: outbound({ baggage: [new URL(home).host] }),
  })
}

describe('a redirect', () => {
  test('to another origin takes the trace along, and neither baggage nor trace state', async () => {
    const { run, idle, exporter } = policy()
    const to = encodeURIComponent(`${abroad}/end`)
    const response = await run(
      (span) => span.fetch(`${home}/start?status=302&to=${to}`, { headers: { authorization: 'secret', 'x-own': '1' } }),
      { carrier },
    )
    expect(await response.text()).toBe('abroad/end')
    expect([response.status, response.redirected, response.url]).toEqual([200, true, `${abroad}/end`])
    await idle()
    const client = exporter.spans[1]!
    expect(
      seen.map(({ at, headers }) => [
        at,
        headers['traceparent'],
        headers['tracestate'],
        headers['baggage'],
        headers['authorization'],
        headers['x-own'],
      ]),
    ).toEqual([
      ['home/start', `00-${client.traceId}-${client.spanId}-03`, 'vendor=1', 'tier=gold', 'secret', '1'],
      ['abroad/end', `00-${client.traceId}-${client.spanId}-03`, undefined, undefined, undefined, '1'],
    ])
    expect(client.attributes['http.response.status_code']).toBe(200)
  })

  test('within the origin takes everything along', async () => {
    const { run } = policy()
    await run((span) => span.fetch(`${home}/start?status=302`), { carrier })
    expect(seen.map(({ headers }) => [headers['tracestate'], headers['baggage']])).toEqual([
      ['vendor=1', 'tier=gold'],
      ['vendor=1', 'tier=gold'],
    ])
  })

  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'body'],
    [308, 'PUT', 'PUT', 'body'],
  ])('%d after %s goes on as %s with body %j, as the host itself would', async (status, method, then, body) => {
    const { run } = policy()
    const init = { method, body: 'body', headers: { 'content-type': 'text/x' } }
    await run((span) => span.fetch(`${home}/start?status=${status}`, init), { carrier })
    await fetch(`${home}/start?status=${status}`, init)
    const [, ours, , own] = seen
    expect([ours!.method, ours!.body]).toEqual([then, body])
    for (const what of ['method', 'body'] as const) expect(ours![what]).toBe(own![what])
    expect(ours!.headers['content-type']).toBe(own!.headers['content-type'])
  })

  test('is the caller’s to see where the caller asks for it', async () => {
    const { run } = policy()
    const response = await run((span) => span.fetch(`${home}/start?status=302`, { redirect: 'manual' }), { carrier })
    expect(response.status).toBe(302)
    expect(seen).toHaveLength(1)
  })

  test('of a Request keeps its method and headers', async () => {
    const { run } = policy()
    const request = new Request(`${home}/start?status=302`, { headers: { 'x-own': '1' } })
    const response = await run((span) => span.fetch(request), { carrier })
    expect(await response.text()).toBe('home/end')
    expect(seen.map(({ headers }) => headers['x-own'])).toEqual(['1', '1'])
  })

  test('without end fails as the host would', async () => {
    const { run } = policy()
    await expect(run((span) => span.fetch(`${home}/forever`), { carrier })).rejects.toBeInstanceOf(TypeError)
    expect(seen).toHaveLength(21)
    await expect(fetch(`${home}/forever`)).rejects.toBeInstanceOf(TypeError)
    expect(seen).toHaveLength(42)
  })
})
