// A receiver that misbehaves on a script: what arrived, after how many tries, and what is reported.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FIRST_WAIT_MS, MAX_ANSWER_BYTES, MAX_TRIES } from '../../src/flush/post.ts'
import { BREAKER_FAILURES, BREAKER_REST_MS } from '../../src/flush/receiver.ts'
import { type ExportResult, gzip, type OtlpOptions, otlp, protobuf } from '../../src/flush.ts'
import { Collector, type Fault } from '../collector.ts'
import { batch, host, log, span, spans } from './records.ts'

let collector: Collector
beforeAll(async () => {
  collector = await Collector.start()
})
afterEach(() => collector.reset())
afterAll(() => collector.close())

const exporter = (options: Partial<OtlpOptions> = {}) => otlp({ url: collector.url, ...options })
const ids = () => collector.spans().map(({ spanId }) => spanId)

interface Row {
  what: string
  faults: (Fault | undefined)[]
  /** Requests in all. */
  tries: number
  /** Of the batch's two spans. */
  arrived: number
  result: Partial<ExportResult>
  budgetMs?: number
  /** At least so long, and less than this and a second. */
  tookMs?: number
}
const status = (code: number, headers?: Record<string, string>): Fault => ({
  kind: 'status',
  status: code,
  ...(headers && { headers }),
  body: `{"code":${code}}`,
})
const rows: Row[] = [
  { what: 'a 200', faults: [], tries: 1, arrived: 2, result: { ok: true, rejected: 0 } },
  {
    what: 'a 202 without a body',
    faults: [{ kind: 'status', status: 202, body: '' }],
    tries: 1,
    arrived: 2,
    result: { ok: true },
  },
  {
    what: 'a partial success',
    faults: [{ kind: 'partial', rejected: 1, message: 'too old' }],
    tries: 1,
    arrived: 2,
    result: { ok: true, rejected: 1, message: 'too old' },
  },
  {
    what: 'a warning',
    faults: [{ kind: 'partial', rejected: 0, message: 'deprecated' }],
    tries: 1,
    arrived: 2,
    result: { ok: true, rejected: 0, message: 'deprecated' },
  },
  {
    what: 'three 503',
    faults: [status(503), status(503), status(503)],
    tries: 4,
    arrived: 2,
    result: { ok: true },
    tookMs: FIRST_WAIT_MS * 7,
  },
  ...[429, 502, 504].map(
    (code): Row => ({ what: `a ${code}`, faults: [status(code)], tries: 2, arrived: 2, result: { ok: true } }),
  ),
  {
    what: 'a 429 with Retry-After in seconds',
    faults: [status(429, { 'retry-after': '1' })],
    tries: 2,
    arrived: 2,
    result: { ok: true },
    tookMs: 1000,
  },
  {
    what: 'a 503 with Retry-After 0',
    faults: [status(503, { 'retry-after': '0' }), status(503, { 'retry-after': '0' })],
    tries: 3,
    arrived: 2,
    result: { ok: true },
    tookMs: 0,
  },
  {
    what: 'a Retry-After that is nonsense',
    faults: [status(503, { 'retry-after': 'soon' })],
    tries: 2,
    arrived: 2,
    result: { ok: true },
    tookMs: FIRST_WAIT_MS,
  },
  {
    what: 'a Retry-After beyond the budget',
    faults: [status(429, { 'retry-after': '3600' })],
    tries: 1,
    arrived: 0,
    result: { ok: false, reason: 'refused' },
    tookMs: 0,
  },
  ...[400, 401, 403, 404, 408, 413, 415, 500, 501, 505].map(
    (code): Row => ({
      what: `a ${code}`,
      faults: [status(code)],
      tries: 1,
      arrived: 0,
      result: { ok: false, reason: 'refused', message: `HTTP ${code} {"code":${code}}` },
    }),
  ),
  {
    what: 'a web page',
    faults: [{ kind: 'html' }],
    tries: 1,
    arrived: 0,
    result: { ok: false, reason: 'refused' },
  },
  { what: 'a reset', faults: [{ kind: 'reset' }], tries: 2, arrived: 2, result: { ok: true } },
  {
    what: 'a reset in the middle of a 200',
    faults: [{ kind: 'reset-mid-body' }],
    tries: 1,
    arrived: 2,
    result: { ok: true },
  },
  {
    what: 'an answer of 10 MB',
    faults: [{ kind: 'huge', bytes: 10_000_000 }],
    tries: 1,
    arrived: 2,
    result: { ok: true },
  },
  {
    what: 'an answer at the limit',
    faults: [{ kind: 'huge', bytes: MAX_ANSWER_BYTES }],
    tries: 1,
    arrived: 2,
    result: { ok: true },
  },
  {
    what: 'a connection closed with notice',
    faults: [{ kind: 'close', announced: true }],
    tries: 1,
    arrived: 2,
    result: { ok: true },
  },
  {
    what: 'silence',
    faults: [{ kind: 'hang' }],
    tries: 1,
    arrived: 0,
    result: { ok: false, reason: 'timeout' },
    budgetMs: 400,
    tookMs: 380,
  },
  {
    what: 'an answer that drips',
    faults: [{ kind: 'drip', everyMs: 20 }],
    tries: 1,
    arrived: 2,
    result: { ok: true },
    budgetMs: 400,
    tookMs: 380,
  },
  {
    what: '503 for ever',
    faults: Array.from({ length: 20 }, () => status(503, { 'retry-after': '0' })),
    tries: MAX_TRIES,
    arrived: 0,
    result: { ok: false, reason: 'refused' },
  },
]

describe('a receiver that answers with', () => {
  it.each(rows)('$what', async ({ faults, tries, arrived, result, budgetMs, tookMs }) => {
    collector.script(...faults)
    const from = batch({ spans: spans(2) })
    const started = performance.now()
    const answer = await exporter().export(from, host({ ...(budgetMs && { budgetMs }) }))
    const took = performance.now() - started
    expect(answer).toMatchObject(result)
    expect(collector.requests).toHaveLength(tries)
    expect(ids()).toEqual(arrived ? from.spans.map(({ spanId }) => spanId) : [])
    if (!answer.ok) expect(answer.unsent?.spans).toEqual(from.spans)
    if (tookMs !== undefined) {
      expect(took).toBeGreaterThanOrEqual(tookMs - 5)
      expect(took).toBeLessThan(tookMs + 1000)
    }
  })

  it('a Retry-After as a date, by the clock it is given', async () => {
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
    collector.script(status(503, { 'retry-after': date }))
    const started = performance.now()
    const now = () => Date.parse(date) - 700 + (performance.now() - started)
    expect(await exporter().export(batch({ spans: [span()] }), host({ now }))).toMatchObject({ ok: true })
    expect(performance.now() - started).toBeGreaterThan(690)
    expect(collector.requests).toHaveLength(2)
  })

  it('a redirect: the batch and our headers stay here', async () => {
    const other = await Collector.start()
    collector.script(status(307, { location: `${other.url}/v1/traces` }))
    const answer = await exporter({ headers: { authorization: 'key' } }).export(batch({ spans: [span()] }), host())
    expect(answer).toMatchObject({ ok: false, reason: 'refused', message: `HTTP 307 ${other.url}/v1/traces` })
    expect(other.requests).toHaveLength(0)
    await other.close()
  })

  it('nothing, because nobody listens', async () => {
    const gone = await Collector.start()
    await gone.close()
    const answer = await otlp({ url: gone.url }).export(batch({ spans: [span()] }), host({ budgetMs: 700 }))
    expect(answer).toMatchObject({ ok: false, reason: 'network', message: expect.stringContaining('ECONNREFUSED') })
  })

  it('over connections that are never kept', async () => {
    const closing = await Collector.start({ keepAlive: false })
    const to = otlp({ url: closing.url })
    for (let i = 0; i < 3; i++) expect(await to.export(batch({ spans: [span()] }), host())).toMatchObject({ ok: true })
    expect(new Set(closing.requests.map(({ connection }) => connection)).size).toBe(3)
    await closing.close()
  })

  it('over connections that are kept, because answers are read to their end', async () => {
    const keeping = await Collector.start()
    const to = otlp({ url: keeping.url })
    for (let i = 0; i < 20; i++) await to.export(batch({ spans: [span()] }), host())
    // Node may open a second one while the first is being put back.
    expect(new Set(keeping.requests.map(({ connection }) => connection)).size).toBeLessThanOrEqual(2)
    await keeping.close()
  })

  it('a connection closed behind our back', async () => {
    collector.script({ kind: 'close', announced: false })
    const to = exporter()
    await to.export(batch({ spans: [span()] }), host())
    expect(await to.export(batch({ spans: [span()] }), host())).toMatchObject({ ok: true })
    expect(collector.spans()).toHaveLength(2)
  })
})

describe('a host that', () => {
  it('has a fetch which ignores its signal gets an answer in time', async () => {
    const answer = await exporter().export(
      batch({ spans: [span()] }),
      host({ fetch: () => new Promise(() => {}), budgetMs: 100 }),
    )
    expect(answer).toMatchObject({ ok: false, reason: 'timeout' })
  })

  it('has a fetch which throws gets a value', async () => {
    const fetch = () => {
      throw new Error('no more subrequests')
    }
    const answer = await exporter().export(batch({ spans: [span()] }), host({ fetch, budgetMs: 100 }))
    expect(answer).toMatchObject({ ok: false, reason: 'network', message: 'Error: no more subrequests' })
  })

  it('aborts what hangs, and has nothing left open', async () => {
    collector.script({ kind: 'hang' })
    let signal: AbortSignal | undefined
    const fetch = (url: string, init?: RequestInit) => {
      signal = init?.signal ?? undefined
      return globalThis.fetch(url, init)
    }
    await exporter().export(batch({ spans: [span()] }), host({ fetch, budgetMs: 200 }))
    expect(signal?.aborted).toBe(true)
  })

  it('has an unlimited budget is limited by the timeout', async () => {
    collector.script({ kind: 'hang' })
    const answer = await exporter({ timeoutMs: 150 }).export(batch({ spans: [span()] }), host({ budgetMs: Infinity }))
    expect(answer).toMatchObject({ ok: false, reason: 'timeout' })
    collector.reset()
    const unlimited = exporter({ timeoutMs: 0 })
    expect(await unlimited.export(batch({ spans: [span()] }), host({ budgetMs: Infinity }))).toMatchObject({ ok: true })
  })
})

describe('an answer', () => {
  it('of unknown length tells of a partial success, and is read no further than its limit', async () => {
    let pulled = 0
    const said = new TextEncoder().encode('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"old"}}')
    const answers = (chunks: (at: number) => Uint8Array<ArrayBuffer> | undefined) => async () =>
      new Response(
        new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull(controller) {
            const chunk = chunks(pulled++)
            chunk ? controller.enqueue(chunk) : controller.close()
          },
        }),
      )
    const two = answers((at) => [said.slice(0, 20), said.slice(20)][at])
    expect(await exporter().export(batch({ spans: spans(2) }), host({ fetch: two }))).toEqual({
      ok: true,
      rejected: 1,
      message: 'old',
    })
    const endless = answers(() => new Uint8Array(1000))
    expect(await exporter().export(batch({ spans: [span()] }), host({ fetch: endless }))).toMatchObject({ ok: true })
    expect(pulled).toBeLessThan(MAX_ANSWER_BYTES / 1000 + 10)
  })

  it('of two bytes, {}, is let go unread', async () => {
    let cancelled = 0
    const body = new ReadableStream({ cancel: () => void cancelled++ }, { highWaterMark: 0 })
    const fetch = async () => new Response(body, { headers: { 'content-length': '2' } })
    expect(await exporter().export(batch({ spans: [span()] }), host({ fetch }))).toMatchObject({
      ok: true,
      rejected: 0,
    })
    expect(cancelled).toBe(1)
  })

  it.each([
    [200, { ok: true }],
    [400, { ok: false, reason: 'refused', message: 'HTTP 400 ' }],
  ])('of status %d counts, although it breaks off', async (status, result) => {
    let posts = 0
    const broken = () => new ReadableStream({ start: (controller) => controller.error(new Error('reset')) })
    const fetch = async () => {
      posts++
      return new Response(broken(), { status })
    }
    expect(await exporter().export(batch({ spans: [span()] }), host({ fetch }))).toMatchObject(result)
    expect(posts).toBe(1)
  })

  it('before a silence is what is reported', async () => {
    collector.script(status(503, { 'retry-after': '0' }), { kind: 'hang' })
    const answer = await exporter().export(batch({ spans: [span()] }), host({ budgetMs: 300 }))
    expect(answer).toMatchObject({ ok: false, reason: 'refused', message: 'HTTP 503 {"code":503}' })
    expect(collector.requests).toHaveLength(2)
  })
})

describe('a fetch that fails at its n-th call', () => {
  it.each([1, 2, 3, 4, 5, 6])('n = %d: every span has arrived or is reported', async (nth) => {
    let calls = 0
    const fetch = (url: string, init?: RequestInit) => {
      if (++calls === nth) return Promise.reject(new TypeError('connection lost'))
      return globalThis.fetch(url, init)
    }
    const from = batch({ spans: spans(5), logs: [log()] })
    // Too little budget for a second try.
    const answer = await exporter({ maxBodyBytes: 600 }).export(from, host({ fetch, budgetMs: 260, random: () => 1 }))
    const unsent = answer.ok ? [] : answer.unsent!.spans.map(({ spanId }) => spanId)
    expect([...ids(), ...unsent].sort()).toEqual(from.spans.map(({ spanId }) => spanId))
    expect(collector.logs().length + (answer.ok ? 0 : answer.unsent!.logs.length)).toBe(1)
  })
})

describe('a request', () => {
  it('goes to the endpoint of its signal with the headers OTLP asks for', async () => {
    await exporter({ headers: { authorization: 'Bearer key' } }).export(
      batch({ spans: [span()], logs: [log()] }),
      host(),
    )
    expect(collector.requests.map(({ path }) => path).sort()).toEqual(['/v1/logs', '/v1/traces'])
    for (const { headers } of collector.requests)
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'user-agent': 'clew/0.1.0 OTel-OTLP-Exporter-JavaScript/0.1.0',
        authorization: 'Bearer key',
        'content-length': expect.stringMatching(/^\d+$/),
      })
    expect(collector.logs()).toHaveLength(1)
  })

  it.each([
    ['', '/v1/traces'],
    ['/', '/v1/traces'],
    ['/otlp', '/otlp/v1/traces'],
    ['/otlp//', '/otlp/v1/traces'],
    ['/v1/traces', '/v1/traces'],
    ['/otlp/v1/traces/', '/otlp/v1/traces'],
    ['/otlp?key=1', '/otlp/v1/traces?key=1'],
    ['?key=/a@b', '/v1/traces?key=/a@b'],
    ['/team@site/', '/team@site/v1/traces'],
  ])('to a base of "%s" goes to %s', async (base, path) => {
    await otlp({ url: collector.url + base }).export(batch({ spans: [span()] }), host())
    expect(collector.requests.map((request) => request.path)).toEqual([path])
  })

  it('goes as it is to an endpoint of its own', async () => {
    const to = exporter({ tracesUrl: `${collector.url}/ingest/v1/spans`, logsUrl: `${collector.url}/x/v1/logs` })
    await to.export(batch({ spans: [span()], logs: [log()] }), host())
    expect(collector.requests.map(({ path }) => path).sort()).toEqual(['/ingest/v1/spans', '/x/v1/logs'])
  })

  it('is not made for an empty batch', async () => {
    expect(await exporter().export(batch({ dropped: { late: 1 } }), host())).toMatchObject({ ok: true })
    expect(collector.requests).toHaveLength(0)
  })

  it.each([
    [{ url: 'collector.example' }],
    [{ url: 'ftp://collector.example' }],
    [{ url: 'https://user:secret@collector.example' }],
    [{ url: undefined as unknown as string }],
    [{ url: 'https://user:secret@collector.example/otlp' }],
    [{ url: 'https://a:port' }],
    [{ url: 'https://a', tracesUrl: '/v1/traces' }],
    [{ url: 'https://a', logsUrl: 'ftp://a/v1/logs' }],
    [{ url: 'https://a', headers: { 'no name': 'x' } }],
    [{ url: 'https://a', headers: { key: 'line\nbreak' } }],
    [{ url: 'https://a', headers: { key: undefined as unknown as string } }],
  ])('cannot be configured with %j', (options) => {
    expect(() => otlp(options)).toThrow(expect.objectContaining({ name: 'ClewError', code: 'invalid_option' }))
  })

  it('carries the drop counts once, and keeps them owed when it fails', async () => {
    const owing = batch({ spans: [span()], logs: [log()], dropped: { timeout: 3 } })
    collector.script(status(400), status(400))
    expect(await exporter().export(owing, host())).toMatchObject({ ok: false, unsent: { dropped: { timeout: 3 } } })
    await exporter({ maxBodyBytes: 700 }).export({ ...owing, spans: spans(4) }, host())
    expect(collector.requests.length).toBeGreaterThan(3)
    expect(collector.dropped()).toEqual({ timeout: 3 })
  })
})

describe('a large batch', () => {
  it('is sent in parts, none above the limit, each span once and in order', async () => {
    const from = batch({ spans: spans(100).map((one) => ({ ...one, name: 'ü'.repeat(50) })) })
    expect(await exporter({ maxBodyBytes: 5000 }).export(from, host())).toMatchObject({ ok: true })
    expect(collector.requests.length).toBeGreaterThan(4)
    for (const { body } of collector.requests) expect(body.length).toBeLessThanOrEqual(5000)
    expect(ids()).toEqual(from.spans.map(({ spanId }) => spanId))
  })

  it('is whole at the limit and in two above it', async () => {
    const from = batch({ spans: spans(2) })
    await exporter().export(from, host())
    const size = collector.requests[0]!.body.length
    collector.reset()
    await exporter({ maxBodyBytes: size }).export(from, host())
    expect(collector.requests).toHaveLength(1)
    collector.reset()
    await exporter({ maxBodyBytes: size - 1 }).export(from, host())
    expect(collector.requests).toHaveLength(2)
  })

  it('loses the one span that is too large, and no other', async () => {
    const [small, large] = [spans(3), span({ name: 'x'.repeat(5000) })]
    const answer = await exporter({ maxBodyBytes: 4000 }).export(batch({ spans: [...small, large] }), host())
    expect(answer).toMatchObject({ ok: false, reason: 'encoding', unsent: { spans: [large] } })
    expect(ids()).toEqual(small.map(({ spanId }) => spanId))
  })

  it('loses the one span that cannot be encoded, and no other', async () => {
    const poison = { ...span(), attributes: null as never }
    const good = spans(5)
    const answer = await exporter().export(batch({ spans: [...good.slice(0, 2), poison, ...good.slice(2)] }), host())
    expect(answer).toMatchObject({ ok: false, reason: 'encoding', unsent: { spans: [poison] } })
    expect(ids()).toEqual(good.map(({ spanId }) => spanId))
  })

  it('reports the parts that did not arrive', async () => {
    collector.script(undefined, status(400))
    const from = batch({ spans: spans(2), dropped: { late: 1 } })
    const answer = await exporter({ maxBodyBytes: 600 }).export(from, host())
    expect(answer).toMatchObject({ ok: false, unsent: { spans: [from.spans[1]], dropped: {} } })
    expect(ids()).toEqual([from.spans[0]!.spanId])
  })

  it('stops at the first part that nobody took', async () => {
    collector.decide(() => status(503, { 'retry-after': '0' }))
    const answer = await exporter({ maxBodyBytes: 600 }).export(batch({ spans: spans(4) }), host())
    expect(answer).toMatchObject({ ok: false, reason: 'refused' })
    expect(collector.requests).toHaveLength(MAX_TRIES)
  })
})

describe('the breaker', () => {
  it('stops after so many failed exports, probes once, and closes on success', async () => {
    let now = 1_760_000_000_000
    const to = exporter()
    const at = host({ now: () => now, budgetMs: 5000 })
    const one = () => to.export(batch({ spans: [span()] }), at)
    collector.decide(() => status(503, { 'retry-after': '9999' }))
    for (let i = 0; i < BREAKER_FAILURES; i++) expect(await one()).toMatchObject({ reason: 'refused' })
    expect(collector.requests).toHaveLength(BREAKER_FAILURES)
    expect(await one()).toMatchObject({ ok: false, reason: 'breaker' })
    now += BREAKER_REST_MS - 1
    expect(await one()).toMatchObject({ ok: false, reason: 'breaker' })
    now += 1
    const [probe, other] = await Promise.all([one(), one()])
    expect(probe).toMatchObject({ reason: 'refused' })
    expect(other).toMatchObject({ reason: 'breaker' })
    expect(collector.requests).toHaveLength(BREAKER_FAILURES + 1)
    now += BREAKER_REST_MS
    collector.reset()
    expect(await one()).toMatchObject({ ok: true })
    expect(await one()).toMatchObject({ ok: true })
    expect(collector.requests).toHaveLength(2)
  })

  it('probes with a single try', async () => {
    let now = 1_760_000_000_000
    const to = exporter()
    const at = host({ now: () => now })
    collector.decide(() => status(503, { 'retry-after': '9999' }))
    for (let i = 0; i < BREAKER_FAILURES; i++) await to.export(batch({ spans: [span()] }), at)
    now += BREAKER_REST_MS
    collector.reset()
    collector.decide(() => status(503, { 'retry-after': '0' }))
    await to.export(batch({ spans: [span()] }), at)
    expect(collector.requests).toHaveLength(1)
  })

  it('does not open for a receiver that refuses but lives', async () => {
    const to = exporter()
    collector.decide(() => status(400))
    for (let i = 0; i < BREAKER_FAILURES + 3; i++) await to.export(batch({ spans: [span()] }), host())
    expect(collector.requests).toHaveLength(BREAKER_FAILURES + 3)
  })
})

describe('encodings', () => {
  it.each([
    ['JSON', {}],
    ['protobuf', { encoder: protobuf() }],
    ['gzipped JSON', { compression: gzip({ minBytes: 1 }) }],
    ['gzipped protobuf', { encoder: protobuf(), compression: gzip({ minBytes: 1 }) }],
  ])('%s arrives, with its length', async (name, options) => {
    const from = batch({ spans: spans(50), logs: [log()] })
    collector.script({ kind: 'partial', rejected: 2, message: 'old' })
    expect(await exporter(options).export(from, host())).toMatchObject({ ok: true, message: 'old' })
    expect(ids()).toEqual(from.spans.map(({ spanId }) => spanId))
    expect(collector.logs()).toHaveLength(1)
    for (const { headers } of collector.requests) {
      expect(headers['content-length']).toBeDefined()
      expect(headers['content-encoding']).toBe(/gzip/.test(name) ? 'gzip' : undefined)
      expect(headers['content-type']).toBe(/JSON/.test(name) ? 'application/json' : 'application/x-protobuf')
    }
  })

  it('a body is gzipped from its least size on', async () => {
    const from = batch({ spans: [span()] })
    await exporter().export(from, host())
    const size = collector.requests[0]!.body.length
    await exporter({ compression: gzip({ minBytes: size }) }).export(from, host())
    await exporter({ compression: gzip({ minBytes: size + 1 }) }).export(from, host())
    expect(collector.requests.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip', undefined])
  })

  it('a compression that fails is done without', async () => {
    const compression = { name: 'gzip', compress: () => Promise.reject(new Error('no')) }
    expect(await exporter({ compression }).export(batch({ spans: [span()] }), host())).toMatchObject({ ok: true })
  })
})
