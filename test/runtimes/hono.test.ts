// Hono with clew as a middleware on the runtimes it runs on: the same trace everywhere, one SERVER span a request.
import { join } from 'node:path'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { createTracer, memoryExporter, type SpanRecord } from 'clew'
import { deno } from 'clew/deno'
import { type ClewVariables, clew } from 'clew/hono'
import { lambda } from 'clew/lambda'
import { netlify } from 'clew/netlify'
import { Hono } from 'hono'
import { handle as onLambda } from 'hono/aws-lambda'
import { handle as onNetlify } from 'hono/netlify'
import { handle as onVercel } from 'hono/vercel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Collector, plain } from '../collector.ts'
import { ROOT } from './bundle.ts'
import { inRuntimes, NOT_INSTALLED } from './installed.ts'
import { Program } from './program.ts'

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const runtimes = [
  { name: 'Node', command: join(ROOT, 'node_modules/.bin/node'), args: [] as string[] },
  { name: 'Deno', command: inRuntimes('deno/deno'), args: ['run', '-A', '--no-config'] },
  { name: 'Bun', command: inRuntimes('bun/bin/bun.exe'), args: [] },
]

describe.each(runtimes.filter(({ command }) => command))('served by $name', ({ command, args }) => {
  let collector: Collector
  let program: Program
  let url: string
  beforeAll(async () => {
    collector = await Collector.start()
    program = await Program.start('hono.ts', command!, { args, define: { COLLECTOR_URL: collector.url } })
    url = await program.url()
  })
  afterEach(() => collector?.reset())
  afterAll(async () => {
    await program?.stop()
    await collector?.close()
  })

  it('continues the caller’s trace under the route that matched', async () => {
    const response = await fetch(`${url}/users/7`, { headers: { traceparent: TRACEPARENT } })
    expect([response.status, await response.json()]).toEqual([200, { id: '7' }])
    await collector.until(() => collector.spans().length === 3)
    const spans = collector.spans()
    const root = spans.find(({ kind }) => kind === 2)!
    const [auth, load] = ['auth', 'load'].map((name) => spans.find((span) => span.name === name)!)
    expect([root.name, root.traceId, root.parentSpanId]).toEqual([
      'GET /users/:id',
      '0af7651916cd43dd8448eb211c80319c',
      'b7ad6b7169203331',
    ])
    expect(plain(root.attributes)).toMatchObject({ 'http.route': '/users/:id', 'http.response.status_code': 200n })
    expect([auth!.parentSpanId, load!.parentSpanId]).toEqual([root.spanId, auth!.spanId])
  })

  it('records what the app’s error handler answered for', async () => {
    const response = await fetch(`${url}/broken`)
    expect([response.status, await response.text()]).toEqual([500, 'sorry'])
    await collector.until(() => collector.spans().length === 1)
    const [root] = collector.spans()
    expect([root!.name, root!.status]).toEqual(['GET /broken', { code: 2, message: 'broken on purpose' }])
  })

  it('ends the root with a streamed body', async () => {
    expect(await (await fetch(`${url}/stream`)).text()).toBe('012')
    await collector.until(() => collector.spans().length === 1)
    const { startTimeUnixNano, endTimeUnixNano } = collector.spans()[0]!
    expect(Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6).toBeGreaterThan(50)
  })
})

for (const { name } of runtimes.filter(({ command }) => !command)) it.skip(`served by ${name}: ${NOT_INSTALLED}`)

describe('run by an adapter that has made the invocation', () => {
  const exporter = memoryExporter()
  const tracer = createTracer({ service: 'hono', exporter })
  const app = new Hono<{ Variables: ClewVariables }>()
  app.use(clew(tracer))
  app.get('/users/:id', (c) => c.var.span.enterSpan('load', async () => c.text(c.req.param('id'))))
  beforeEach(() => exporter.reset())

  const names = ({ name, kind }: SpanRecord): string => `${kind} ${name}`
  const request = (): Request => new Request('https://app.example/users/7', { headers: { traceparent: TRACEPARENT } })
  const seen = async (root: string): Promise<void> => {
    await expect
      .poll(() => exporter.spans.map(names).filter((each) => each !== '0 init'))
      .toEqual(expect.arrayContaining(['0 load', root]))
    expect(exporter.spans.filter(({ kind }) => kind === 1)).toHaveLength(1)
    const server = exporter.spans.find(({ kind }) => kind === 1)!
    expect([server.traceId, server.parentSpanId]).toEqual(['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'])
    expect(exporter.spans.find(({ name }) => name === 'load')!.parentSpanId).toBe(server.spanId)
  }

  it('takes the span of lambda(), whose export the environment waits for', async () => {
    const event = {
      version: '2.0',
      rawPath: '/users/7',
      rawQueryString: '',
      headers: { host: 'app.example', traceparent: TRACEPARENT },
      requestContext: { domainName: 'app.example', http: { method: 'GET', path: '/users/7' } },
      isBase64Encoded: false,
    } as unknown as APIGatewayProxyEventV2
    const handler = lambda(tracer, onLambda(app) as never) as unknown as (
      event: unknown,
      context: object,
    ) => Promise<{ readonly statusCode: number; readonly body: string }>
    const answer = await handler(event, { functionName: 'f', getRemainingTimeInMillis: () => 3000 })
    expect([answer.statusCode, answer.body]).toEqual([200, '7'])
    await seen('1 GET /users/:id')
  })

  it('takes the span of netlify()', async () => {
    const kept: Promise<unknown>[] = []
    const handler = netlify(tracer, onNetlify(app) as never) as unknown as typeof fetchLike
    await handler(request(), { waitUntil: (promise: Promise<unknown>) => void kept.push(promise) })
    await Promise.all(kept)
    await seen('1 GET /users/:id')
  })

  it('takes the span of deno(), which hands it over in place of an env', async () => {
    const handler = deno(tracer, app.fetch as never) as unknown as typeof fetchLike
    await (await handler(request(), {})).text()
    await seen('1 GET /users/:id')
  })

  it('makes the invocation itself where nobody has', async () => {
    await (await onVercel(app)(request())).text()
    await seen('1 GET /users/:id')
  })

  it('takes no binding that is called span for one', async () => {
    await (await app.fetch(request(), { span: 'a string', context: { span: {} } })).text()
    await seen('1 GET /users/:id')
  })
})

declare function fetchLike(request: Request, context: object): Promise<Response>
