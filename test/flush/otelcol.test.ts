// The OpenTelemetry Collector understands what we send, and its refusals are handled. Skipped where it is not built:
// set OTELCOL to its binary (with an OTLP receiver, an OTLP/HTTP exporter and the memory limiter).
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { MAX_TRIES } from '../../src/flush/post.ts'
import { type Encoder, gzip, json, otlp, protobuf } from '../../src/flush.ts'
import { Collector, plain } from '../collector.ts'
import { batch, host, log, span } from './records.ts'

const binary = process.env['OTELCOL'] ?? join(homedir(), '.cache/otelcol/otelcol')
const isBuilt = existsSync(binary)
if (!isBuilt) console.warn(`no OpenTelemetry Collector at ${binary}: skipped; OTELCOL names another one`)

describe.skipIf(!isBuilt)('the OpenTelemetry Collector', () => {
  let sink: Collector
  let child: ChildProcess
  let directory: string
  let url = ''
  let busyUrl = ''

  beforeAll(async () => {
    sink = await Collector.start()
    const [port, busy] = [await freePort(), await freePort()]
    url = `http://127.0.0.1:${port}`
    busyUrl = `http://127.0.0.1:${busy}`
    directory = mkdtempSync(join(tmpdir(), 'clew-otelcol-'))
    const config = join(directory, 'config.json')
    const pipeline = { receivers: ['otlp'], exporters: ['otlp_http/sink'] }
    writeFileSync(
      config,
      JSON.stringify({
        receivers: {
          otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}`, max_request_body_size: 200_000 } } },
          'otlp/busy': { protocols: { http: { endpoint: `127.0.0.1:${busy}` } } },
        },
        processors: { memory_limiter: { check_interval: '100ms', limit_mib: 1, spike_limit_mib: 0 } },
        exporters: { 'otlp_http/sink': { endpoint: sink.url, encoding: 'json', compression: 'none' } },
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: {
            traces: pipeline,
            logs: pipeline,
            'traces/busy': { ...pipeline, receivers: ['otlp/busy'], processors: ['memory_limiter'] },
          },
        },
      }),
    )
    child = spawn(binary, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.on('exit', () => reject(new Error(said)))
      child.stderr?.on('data', (chunk) => {
        said += chunk
        if (/Everything is ready/.test(said)) resolve()
      })
    })
  })
  afterEach(() => sink.reset())
  afterAll(async () => {
    child.removeAllListeners('exit')
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await gone
    await sink.close()
    rmSync(directory, { recursive: true })
  })

  const attributes = {
    text: 'größe 🚀 "\\\n',
    int: -(2n ** 63n),
    double: 0.1,
    nan: Number.NaN,
    yes: true,
    list: ['a', 1, [null]],
    map: { deep: { er: new Uint8Array([0, 255]) } },
  }

  it.each([
    ['JSON', {}],
    ['protobuf', { encoder: protobuf() }],
    ['gzipped JSON', { compression: gzip({ minBytes: 1 }) }],
    ['gzipped protobuf', { encoder: protobuf(), compression: gzip({ minBytes: 1 }) }],
  ])('understands %s', async (_, options) => {
    const one = span({
      attributes,
      parentSpanId: '00f067aa0ba902b7',
      startMs: 1_760_000_000_000.25,
      statusCode: 2,
      statusMessage: 'no',
      events: [{ name: 'retry', timeMs: 1_760_000_000_001, attributes: { n: 1 }, droppedAttributes: 0 }],
    })
    const from = batch({ spans: [one], logs: [log({ body: { order: 7 } })], dropped: { timeout: 4 } })
    expect(await otlp({ url, ...options }).export(from, host())).toMatchObject({ ok: true, rejected: 0 })
    await sink.until(() => sink.spans().length === 1 && sink.logs().length === 1)
    const [got] = sink.spans()
    expect(got).toMatchObject({
      traceId: one.traceId,
      spanId: one.spanId,
      parentSpanId: one.parentSpanId,
      name: one.name,
      kind: 2,
      flags: 257,
      startTimeUnixNano: '1760000000000250000',
      status: { code: 2, message: 'no' },
      events: [{ name: 'retry', timeUnixNano: '1760000000001000000' }],
    })
    expect(plain(got!.attributes)).toEqual({
      ...attributes,
      list: ['a', 1n, [null]],
      map: { deep: { er: 'AP8=' } },
    })
    expect(plain([{ key: 'body', value: sink.logs()[0]!.body! }])).toEqual({ body: { order: 7n } })
    expect(sink.dropped()).toEqual({ timeout: 4 })
  })

  const counting = () => {
    let count = 0
    const at = host({
      fetch(input, init) {
        count++
        return fetch(input, init)
      },
      budgetMs: 3000,
    })
    return { at, count: () => count }
  }

  it.each<[status: number, encoder: Encoder, what: string]>([
    [400, json(), 'ids that are none'],
    [415, { ...json(), contentType: 'text/plain' }, 'a content type that is none'],
  ])('answers %d, which is final', async (status, encoder) => {
    const { at, count } = counting()
    const broken = batch({ spans: [span({ traceId: 'zz' })] })
    expect(await otlp({ url, encoder }).export(broken, at)).toMatchObject({
      ok: false,
      reason: 'refused',
      message: expect.stringMatching(new RegExp(`^HTTP ${status} `)),
    })
    expect(count()).toBe(1)
  })

  it('answers 400 to a body above its limit, and takes the same in parts', async () => {
    const large = batch({
      spans: Array.from({ length: 300 }, () => span({ attributes: { filler: 'x'.repeat(1000) } })),
    })
    expect(await otlp({ url }).export(large, host())).toMatchObject({ ok: false, reason: 'refused' })
    expect(await otlp({ url, maxBodyBytes: 200_000 }).export(large, host())).toMatchObject({ ok: true })
    await sink.until(() => sink.spans().length === 300)
  })

  it('answers 503 while it is out of memory, which is tried again until the budget is spent', async () => {
    const { at, count } = counting()
    expect(await otlp({ url: busyUrl }).export(batch({ spans: [span()] }), at)).toMatchObject({
      ok: false,
      reason: 'refused',
      message: expect.stringMatching(/^HTTP 503 .*memory/),
    })
    // 250 + 500 + 1,000 ms; the next wait would end beyond three seconds.
    expect(count()).toBe(4)
    expect(count()).toBeLessThan(MAX_TRIES)
  })
})

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
