// In: platforms as they call a function. Out: proof that each adapter keeps the host awake and hands its arguments on.
// Deno and the Functions Framework are real; of platforms that run nowhere but at home, the shape they publish is.
import { createServer, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createTracer, memoryExporter, type Span } from 'clew'
import { azure } from 'clew/azure'
import { action, keepaliveFetch } from 'clew/browser'
import { fastly } from 'clew/fastly'
import { googleCloud, googleCloudEvent } from 'clew/google-cloud'
import { handle } from 'clew/handle'
import { netlify } from 'clew/netlify'
import type { NodeRequest, NodeResponse } from 'clew/node'
import { supabase } from 'clew/supabase'
import { vercel, vercelNode } from 'clew/vercel'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Collector } from '../collector.ts'
import { inRuntimes, NOT_INSTALLED } from './installed.ts'
import { Program } from './program.ts'

const exporter = memoryExporter()
const tracer = createTracer({ service: 'platforms', exporter })
const request = (): Request =>
  new Request('https://app.example/users/1?q=1', {
    headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'user-agent': 'test/1' },
  })

/** What a host was told to wait for. */
const kept: Promise<unknown>[] = []
const waitUntil = (promise: Promise<unknown>): void => void kept.push(promise)
const settled = async (): Promise<void> => {
  await Promise.all(kept)
}
const respond = async (_: Request, { span }: { readonly span: Span }): Promise<Response> => {
  await span.enterSpan('work', () => Promise.resolve())
  return new Response('ok')
}
const names = (): string[] => exporter.spans.map(({ name }) => name)

afterEach(() => {
  exporter.reset()
  kept.length = 0
})

describe('handle', () => {
  it('tells any host what to wait for before the handler runs', async () => {
    const counts: number[] = []
    const traced = handle(
      tracer,
      (_request, { span }) => {
        counts.push(kept.length)
        return new Response(span.isRecording() ? 'recorded' : '')
      },
      { waitUntil },
    )
    expect(await (await traced(request())).text()).toBe('recorded')
    expect(counts).toEqual([1])
    await settled()
    expect(exporter.spans[0]).toMatchObject({ name: 'GET', parentSpanId: 'b7ad6b7169203331', kind: 1 })
  })

  it('answers at once where the handler does', () => {
    expect(handle(tracer, () => new Response('ok'))(request())).toBeInstanceOf(Response)
  })

  it('sends before the response, and no longer than it may', async () => {
    let sent = false
    const slow = createTracer({
      service: 's',
      exporter: {
        async export() {
          await new Promise((resolve) => setTimeout(resolve, 20))
          sent = true
          return { ok: true }
        },
      },
    })
    await handle(slow, respond, { beforeResponseMs: 5000 })(request())
    expect(sent).toBe(true)
    const never = createTracer({ service: 's', exporter: { export: () => new Promise(() => {}) }, onDrop() {} })
    expect((await handle(never, respond, { beforeResponseMs: 30 })(request())).status).toBe(200)
  })

  it('touches no body whose length is known', async () => {
    const responses = [new Response('text'), Response.json({}), new Response(new Uint8Array(3)), new Response(null)]
    for (const response of responses)
      expect(await handle(tracer, () => response, { waitUntil })(request())).toBe(response)
  })

  it('ends with the client who leaves a stream', async () => {
    let cancelled: unknown
    const traced = handle(
      tracer,
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(1)),
            cancel: (reason) => {
              cancelled = reason
            },
          }),
        ),
      { waitUntil },
    )
    const { body } = await traced(request())
    const reader = body!.getReader()
    await reader.read()
    expect(exporter.spans).toHaveLength(0)
    await reader.cancel('gone')
    await settled()
    expect(cancelled).toBe('gone')
    expect(exporter.spans[0]!.statusCode).toBe(0)
  })

  it('records a stream that breaks off, and breaks it off', async () => {
    const broken = new Error('broken')
    const traced = handle(
      tracer,
      () => new Response(new ReadableStream({ pull: (controller) => controller.error(broken) })),
      { waitUntil },
    )
    await expect((await traced(request())).text()).rejects.toBe(broken)
    await settled()
    expect(exporter.spans[0]).toMatchObject({ statusCode: 2, statusMessage: 'broken' })
  })
})

const vercelFunctions = inRuntimes('@vercel/functions/index.js')

describe.each(['@vercel/request-context', '@next/request-context'])('Vercel, by %s', (name) => {
  const symbol = Symbol.for(name)
  beforeAll(() => Object.assign(globalThis, { [symbol]: { get: () => ({ waitUntil }) } }))
  afterAll(() => Reflect.deleteProperty(globalThis, symbol))

  it.skipIf(!vercelFunctions || name !== '@vercel/request-context')('finds what @vercel/functions finds', async () => {
    const theirs = createRequire(import.meta.url)(vercelFunctions!) as { waitUntil(promise: Promise<unknown>): void }
    await vercel(tracer, (_request, { span }) => {
      theirs.waitUntil(Promise.resolve(span))
      return new Response('ok')
    })(request())
    expect(kept).toHaveLength(2)
    await settled()
  })

  it('keeps a function awake by the request context, and hands on what Next.js gives', async () => {
    const GET = vercel<unknown, { params: Promise<{ id: string }> }>(
      tracer,
      async (_request, { params, span }) => {
        span.setAttribute('user', (await params).id)
        return new Response('ok')
      },
      { route: '/users/[id]' },
    )
    await GET(request(), { params: Promise.resolve({ id: '1' }) })
    expect(kept).toHaveLength(1)
    await settled()
    expect(exporter.spans[0]).toMatchObject({
      name: 'GET /users/[id]',
      attributes: { user: '1', 'http.route': '/users/[id]' },
    })
    expect(exporter.batches[0]!.resource.attributes['cloud.provider']).toBe('vercel')
  })

  it('traces a classic Node function', async () => {
    const server = createServer(
      vercelNode(tracer, (_request, response: ServerResponse, { span }) => {
        span.enterSpan('work', () => {})
        response.end('ok')
      }),
    )
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    await (
      await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { headers: { connection: 'close' } })
    ).text()
    await new Promise((resolve) => server.close(resolve))
    expect(kept).toHaveLength(1)
    await settled()
    expect(names()).toEqual(['GET', 'work'])
  })
})

describe('Netlify', () => {
  it('keeps a function awake by its context', async () => {
    const context = { waitUntil, requestId: 'r1', ip: '192.0.2.1', geo: { city: 'Kiel' } }
    const traced = netlify<unknown, typeof context>(tracer, (_request, { span, geo }) => {
      span.setAttribute('city', geo.city)
      return new Response('ok')
    })
    await traced(request(), context)
    expect(kept).toHaveLength(1)
    await settled()
    expect(exporter.spans[0]!.attributes).toMatchObject({
      city: 'Kiel',
      'faas.invocation_id': 'r1',
      'client.address': '192.0.2.1',
    })
  })
})

describe('Fastly', () => {
  it('calls waitUntil and respondWith while the event is dispatched', async () => {
    let response: Promise<Response> | undefined
    let isDispatching = true
    const refuse = (): void => {
      if (!isDispatching) throw new Error('too late')
    }
    const event = {
      request: request(),
      client: { address: '192.0.2.1' },
      waitUntil(promise: Promise<unknown>) {
        refuse()
        waitUntil(promise)
      },
      respondWith(promise: Promise<Response>) {
        refuse()
        response = promise
      },
    }
    fastly(tracer, respond)(event)
    isDispatching = false
    expect(await (await response!).text()).toBe('ok')
    await settled()
    expect(names()).toEqual(['GET', 'work'])
    expect(exporter.batches[0]!.resource.attributes['cloud.provider']).toBe('fastly')
  })
})

describe('Supabase', () => {
  it('keeps a function awake by EdgeRuntime, until the response has been sent', async () => {
    Object.assign(globalThis, { EdgeRuntime: { waitUntil } })
    let sent = (): void => {}
    const completed = new Promise<void>((resolve) => (sent = resolve))
    await supabase(tracer, respond)(request(), { completed })
    Reflect.deleteProperty(globalThis, 'EdgeRuntime')
    expect(exporter.spans).toHaveLength(0)
    sent()
    await settled()
    expect(names()).toEqual(['GET', 'work'])
  })
})

describe('Azure', () => {
  const context = { invocationId: 'i1', functionName: 'orders', log() {} }

  it('sends the spans of an HTTP function before its result', async () => {
    const answer = { status: 500, jsonBody: { ok: false } }
    const traced = azure(tracer, async (_input: Request, { span }: typeof context & { span: Span }) => {
      await span.enterSpan('work', () => Promise.resolve())
      return answer
    })
    expect(await traced(request(), context)).toBe(answer)
    expect(names()).toEqual(['GET', 'work'])
    expect(exporter.spans[0]).toMatchObject({
      statusCode: 2,
      attributes: { 'http.response.status_code': 500, 'faas.invocation_id': 'i1' },
    })
  })

  it('hands on an answer that does not like to be looked at', async () => {
    const shy = {
      get status(): number {
        throw new Error('no')
      },
    }
    const quiet = createTracer({ service: 'platforms', exporter, onError() {} })
    expect(await azure(quiet, async (_input: Request, _context: object) => shy)(request(), context)).toBe(shy)
  })

  it('goes on with the host’s own trace for other triggers, and hands on the error', async () => {
    const thrown = new Error('no')
    const traceContext = { traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    const traced = azure(tracer, async (_message: string, _context: object) => Promise.reject(thrown))
    await expect(traced('message', { ...context, traceContext })).rejects.toBe(thrown)
    expect(exporter.spans[0]).toMatchObject({ name: 'orders', parentSpanId: 'b7ad6b7169203331', statusCode: 2 })
  })
})

describe('a page', () => {
  it('makes an invocation of an action', async () => {
    const value = await action(
      tracer,
      'add to cart',
      async (span) => span.enterSpan('work', () => Promise.resolve(1)),
      { attributes: { id: 1 } },
    )
    expect(value).toBe(1)
    expect(names()).toEqual(['add to cart', 'work'])
  })

  it('fetches with keepalive what is small enough for it', async () => {
    const server = createServer((_, response) => response.end())
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const size of [10, 100_000])
      expect(
        (await keepaliveFetch(url, { method: 'POST', body: 'x'.repeat(size), headers: { connection: 'close' } }))
          .status,
      ).toBe(200)
    await new Promise((resolve) => server.close(resolve))
  })
})

const denoBinary = inRuntimes('deno/deno')

describe.skipIf(!denoBinary)(`Deno${denoBinary ? '' : ` (${NOT_INSTALLED})`}`, () => {
  let collector: Collector
  let upstream: Server
  let program: Program | undefined
  let define: Record<string, string>

  beforeAll(async () => {
    collector = await Collector.start()
    upstream = createServer((incoming, response) => response.end(String(incoming.headers['traceparent'])))
    await new Promise<void>((resolve) => void upstream.listen(0, '127.0.0.1', resolve))
    define = {
      COLLECTOR_URL: collector.url,
      UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    }
  })
  afterEach(async () => {
    await program?.stop()
    collector.reset()
  })
  afterAll(async () => {
    upstream.closeAllConnections()
    await Promise.all([collector.close(), new Promise((resolve) => upstream.close(resolve))])
  })

  const serve = async (env: Record<string, string>): Promise<string> => {
    program = await Program.start('deno-own.ts', denoBinary!, {
      define,
      args: ['serve', '--allow-net', '--allow-env', '--no-lock', '--no-check', '--port=0', '--host=127.0.0.1'],
      env: { DENO_NO_UPDATE_CHECK: '1', ...env },
    })
    return `http://127.0.0.1:${(await program.wrote(/127\.0\.0\.1:(\d+)/))[1]}`
  }

  it('runs under `deno serve`, and leaves a text its length', async () => {
    const url = await serve({})
    const response = await fetch(`${url}/text`)
    expect(await response.text()).toBe('text')
    expect(response.headers.get('content-length')).toBe('4')
    await collector.until(() => collector.spans().length === 1)
  })

  it('shares one trace with the spans that Deno makes itself', async () => {
    const url = await serve({
      OTEL_DENO: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_DENO_CONSOLE: 'ignore',
    })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const told = await (await fetch(url, { headers: { traceparent } })).text()
    const scopes = () =>
      collector.requests.flatMap(({ traces }) => (traces?.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans))
    const byDeno = () =>
      scopes()
        .filter(({ scope }) => scope?.name !== 'clew')
        .flatMap(({ spans }) => spans)
    const byClew = () =>
      scopes()
        .filter(({ scope }) => scope?.name === 'clew')
        .flatMap(({ spans }) => spans)
    await collector.until(() => byDeno().some(({ kind }) => kind === 2) && byClew().length === 2)
    const server = byDeno().find(({ kind }) => kind === 2)!
    const root = byClew().find(({ kind }) => kind === 2)!
    expect(server.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(root.traceId).toBe(server.traceId)
    expect(root.parentSpanId).toBe(server.spanId)
    expect(told).toContain(server.traceId)
  })
})

const framework = inRuntimes('@google-cloud/functions-framework/build/src/index.js')

describe.skipIf(!framework)(`Google Cloud${framework ? '' : ` (${NOT_INSTALLED})`}`, () => {
  interface Framework {
    http(name: string, handler: unknown): void
    cloudEvent(name: string, handler: unknown): void
    getTestServer(name: string): Server
  }
  interface ExpressResponse extends NodeResponse {
    status(code: number): { send(body: string): void }
  }
  let functions: Framework
  let server: Server | undefined

  beforeAll(async () => {
    const require = createRequire(import.meta.url)
    functions = { ...require(framework!), ...require(framework!.replace('index.js', 'testing.js')) }
  })
  afterEach(async () => {
    server?.closeAllConnections()
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  })

  const serve = async (name: string): Promise<string> => {
    server = functions.getTestServer(name)
    await new Promise<void>((resolve) => void server!.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('sends the spans before the response', async () => {
    let sent = 0
    const slow = createTracer({
      service: 'function',
      exporter: {
        async export({ spans }) {
          await new Promise((resolve) => setTimeout(resolve, 50))
          sent += spans.length
          return { ok: true }
        },
      },
    })
    functions.http(
      'pages',
      googleCloud(slow, async (_request: NodeRequest, response: ExpressResponse, { span }) => {
        await span.enterSpan('work', () => Promise.resolve())
        response.status(201).send('ok')
      }),
    )
    const response = await fetch(await serve('pages'))
    expect(response.status).toBe(201)
    expect(await response.text()).toBe('ok')
    expect(sent).toBe(2)
  })

  it('holds the response up no longer than it may', async () => {
    const never = createTracer({ service: 'function', exporter: { export: () => new Promise(() => {}) }, onDrop() {} })
    functions.http(
      'slow',
      googleCloud(never, (_request, response: ExpressResponse) => response.status(200).send('ok'), {
        beforeResponseMs: 30,
      }),
    )
    expect(await (await fetch(await serve('slow'))).text()).toBe('ok')
  })

  it('goes on with the trace of a CloudEvent', async () => {
    functions.cloudEvent(
      'events',
      googleCloudEvent(tracer, (_event, { span }) => span.enterSpan('work', () => Promise.resolve())),
    )
    const response = await fetch(await serve('events'), {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({
        specversion: '1.0',
        id: 'e1',
        source: 'shop',
        type: 'order.placed',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        data: {},
      }),
    })
    expect(response.ok).toBe(true)
    expect(names()).toEqual(['order.placed', 'work'])
    expect(exporter.spans[0]).toMatchObject({
      parentSpanId: 'b7ad6b7169203331',
      attributes: { 'cloudevents.event_id': 'e1' },
    })
  })
})
