// Bodies: what the client gets is the same with clew and without, and the root span ends with the body.
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { plain } from '../collector.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { DIRECT, directUrl, LINES, type Running, run, worker } from './harness.ts'

/** 5 MB in pieces, as an origin without Content-Length sends them. */
const PIECE = Buffer.alloc(16_384, 'x')
const PIECES = 320

function origin(): Server {
  return createServer((request, response) => {
    if (request.url!.includes('gzip')) {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('zipped'))
      return
    }
    if (request.url!.includes('length')) {
      response.writeHead(200, { 'content-length': 4 }).end('four')
      return
    }
    if (request.url!.includes('slow')) {
      const words = ['one', 'two', 'three']
      const timer = setInterval(() => {
        const word = words.shift()
        if (word) response.write(word)
        else response.end(() => clearInterval(timer))
      }, 20)
      return
    }
    if (/endless|breaks/.test(request.url!)) {
      response.on('error', () => {}).write(PIECE)
      const timer = setInterval(() => {
        if (request.url!.includes('breaks')) response.socket!.resetAndDestroy()
        else response.write(PIECE)
      }, 20)
      response.on('close', () => clearInterval(timer))
      return
    }
    let left = PIECES
    const write = (): void => {
      while (left-- > 0) if (!response.write(PIECE)) return void response.once('drain', write)
      response.end()
    }
    write()
  })
}

const PATHS =
  'text bytes empty 204 304 upstream upstream?length upstream-rewrapped gzip fixed events fails strings'.split(' ')

describe.each(LINES)('workerd %s', (line) => {
  const upstream = origin()
  let running: Record<'traced' | 'plain', Running>
  let url: Record<'traced' | 'plain', URL>

  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const UPSTREAM = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`
    const start = (kind: string) =>
      run(line, (collector) => [
        worker('streams', `streams-${kind}`, { bindings: { UPSTREAM, OTLP_URL: collector.url } }),
        worker('events', 'events', { bindings: { OTLP_URL: collector.url } }),
        worker('counting', `streams-${kind}`, {
          bindings: { UPSTREAM, OTLP_URL: collector.url, COUNT_BODIES: true },
          ...DIRECT,
        }),
      ])
    const [traced, plainly] = await Promise.all([start('traced'), start('plain')])
    running = { traced, plain: plainly }
    url = { traced: await traced.miniflare.ready, plain: await plainly.miniflare.ready }
  })
  afterAll(async () => {
    await Promise.all([running?.traced.close(), running?.plain.close()])
    upstream.close()
  })
  beforeEach(() => running.traced.collector.reset())

  /** Of a GET: what an earlier test has left may still come. */
  const rootOf = async (path: string): Promise<DecodedSpan> =>
    (await running.traced.spans((spans) => spans.some(isRoot(path)))).find(isRoot(path))!

  it.each(PATHS)('sends /%s as it is sent without clew', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const [traced, untraced] = await Promise.all([
        get(new URL(path, url.traced), method),
        get(new URL(path, url.plain), method),
      ])
      expect(traced).toEqual(untraced)
    }
  })

  it('ends the root with the last event, with bytes and time to first byte', async () => {
    await get(new URL('events', url.traced), 'GET')
    const span = await rootOf('/events')
    expect(plain(span.attributes)).toMatchObject({ 'http.response.body.size': 45n })
    const firstByte = Number(plain(span.attributes)['cloudflare.response.time_to_first_byte_ms'])
    expect(durationMs(span)).toBeGreaterThan(firstByte + 60)
  })

  it('keeps Content-Length, and tells the size without touching the body', async () => {
    const { headers } = await get(new URL('text', url.traced), 'GET')
    expect(headers['content-length']).toBe('5')
    expect(plain((await rootOf('/text')).attributes)).toMatchObject({ 'http.response.body.size': 5n })
  })

  it('records a body that fails after the headers were sent', async () => {
    await get(new URL('fails', url.traced), 'GET')
    expect((await rootOf('/fails')).status).toEqual({ code: 2, message: 'stream failed on purpose' })
  })

  it('counts the bytes of texts', async () => {
    expect((await get(new URL('strings', url.traced), 'GET')).body).toBe(Buffer.from('tèxt').toString('latin1'))
    expect(plain((await rootOf('/strings')).attributes)).toMatchObject({ 'http.response.body.size': 5n })
  })

  it('records a stream of what is no bytes: nobody has left', async () => {
    await get(new URL('numbers', url.traced), 'GET').catch(() => {})
    const span = await rootOf('/numbers')
    expect(span.status?.code).toBe(2)
    expect(plain(span.attributes)).not.toHaveProperty(['cloudflare.outcome'])
  })

  it('tells what has happened every half minute of a stream that goes on, and tells it once', async () => {
    const events = await running.traced.miniflare.getWorker('events')
    await (await events.fetch('http://events/')).text()
    const { collector } = running.traced
    await collector.until(() => collector.spans().some(({ kind }) => kind === 2))
    const posts = collector.requests.length
    const spans = collector.spans()
    expect(spans.map(({ name }) => name)).toEqual([...[0, 1, 2, 3, 4, 5].map((n) => `event ${n}`), 'GET'])
    const root = spans.at(-1)!
    expect(spans.slice(0, -1).every(({ parentSpanId }) => parentSpanId === root.spanId)).toBe(true)
    expect(posts).toBeGreaterThan(2)
  })

  it('counts and times a body of a few chunks that is passed on without a length', async () => {
    await get(new URL('upstream?slow', url.traced), 'GET')
    const attributes = plain((await rootOf('/upstream')).attributes)
    expect(attributes).toMatchObject({ 'http.response.body.size': 11n })
    expect(Number(attributes['cloudflare.response.time_to_first_byte_ms'])).toBeGreaterThanOrEqual(20)
  })

  it('times one of 5 MB, and lets it go by itself', async () => {
    await get(new URL('upstream', url.traced), 'GET')
    const attributes = plain((await rootOf('/upstream')).attributes)
    expect(attributes).toHaveProperty(['cloudflare.response.time_to_first_byte_ms'])
    expect(attributes).not.toHaveProperty(['http.response.body.size'])
  })

  it('counts all of it where that is asked for', async () => {
    const [traced, plainly] = await Promise.all([
      get(new URL('upstream', await directUrl(running.traced, 'counting')), 'GET'),
      get(new URL('upstream', await directUrl(running.plain, 'counting')), 'GET'),
    ])
    expect(traced).toEqual(plainly)
    const attributes = plain((await rootOf('/upstream')).attributes)
    expect(attributes).toMatchObject({ 'http.response.body.size': BigInt(PIECE.length * PIECES) })
  })

  it('records an origin that breaks off', async () => {
    await get(new URL('upstream?breaks', url.traced), 'GET')
    const span = await rootOf('/upstream')
    expect(span.status).toEqual({ code: 2, message: 'Network connection lost.' })
    expect(plain(span.attributes)).not.toHaveProperty(['cloudflare.outcome'])
  })

  it('takes it for no error when the client leaves, and lets the origin go', async () => {
    const closed = new Promise<void>((resolve) =>
      upstream.once('request', (_, response) => response.once('close', resolve)),
    )
    await leave(new URL('upstream?endless', url.traced))
    await closed
    const span = await rootOf('/upstream')
    expect(plain(span.attributes)['cloudflare.outcome']).toBe('responseStreamDisconnected')
    expect(span.status?.code ?? 0).toBe(0)
  })

  it('ends the root when the client leaves, and tells the source', async () => {
    // What the newer runtime says without clew; the older one says nothing to a source, and keeps pulling.
    await leave(new URL('endless', url.traced))
    await expect
      .poll(async () => (await get(new URL('told', url.traced), 'GET')).body, { timeout: 10_000 })
      .toBe('["cancelled: undefined"]')
    const spans = await running.traced.spans((all) =>
      all.some((span) => plain(span.attributes)['url.path'] === '/endless'),
    )
    const span = spans.find((each) => plain(each.attributes)['url.path'] === '/endless')!
    expect(plain(span.attributes)['cloudflare.outcome']).toBe('responseStreamDisconnected')
    expect(span.status?.code ?? 0).toBe(0)
  })
})

const isRoot =
  (path: string) =>
  ({ kind, attributes }: DecodedSpan): boolean => {
    const { 'url.path': at, 'http.request.method': method } = plain(attributes)
    return kind === 2 && at === path && method === 'GET'
  }

const durationMs = ({ startTimeUnixNano, endTimeUnixNano }: DecodedSpan): number =>
  Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6

/** What a client sees: status, headers, body, and whether it was cut off. */
async function get(url: URL, method: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    httpRequest(url, { method, agent: false }, resolve).on('error', reject).end(),
  )
  const chunks: Buffer[] = []
  let isCut = false
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } catch {
    isCut = true
  }
  const { date: _, ...headers } = response.headers
  return { status: response.statusCode, headers, body: Buffer.concat(chunks).toString('latin1'), isCut }
}

/** Reads the first bytes, then resets the connection: a mere close is not noticed by an idle handler. */
async function leave(url: URL): Promise<void> {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    httpRequest(url, { agent: false }, resolve).on('error', reject).end(),
  )
  response.on('error', () => {})
  await new Promise((resolve) => response.once('data', resolve))
  ;(response.socket as Socket).resetAndDestroy()
}
