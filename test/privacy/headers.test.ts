// In: requests with headers. Out: those that were named, and no other.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTracer, SpanKind, type Tracer } from 'clew'
import { azure } from 'clew/azure'
import { deno } from 'clew/deno'
import { handle } from 'clew/handle'
import { type ClewVariables, clew } from 'clew/hono'
import { lambda } from 'clew/lambda'
import { node } from 'clew/node'
import { captureHeaders } from 'clew/privacy'
import { recorder } from 'clew/testing'
import { vercel } from 'clew/vercel'
import { workers } from 'clew/workers'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const server = createServer((_request, response) =>
  response.setHeader('x-answer', 'yes').setHeader('set-cookie', 'a=b').end(),
)
let origin = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const headersOf = async (options: object) => {
  const record = recorder()
  const tracer = createTracer({ service: 'test', ...record.options, ...options })
  const kept: Promise<unknown>[] = []
  const worker = workers(tracer, {
    async fetch(_request, _env, { span }) {
      await span.fetch(origin, { headers: { 'X-Tenant': 'acme', authorization: 'Bearer s3cret' } })
      return new Response('ok', { headers: { 'x-answer': 'in', 'set-cookie': 's3cret' } })
    },
  })
  const request = new Request('https://app.example/', { headers: { 'x-tenant': 'outer', cookie: 's3cret' } })
  await worker.fetch(request, {}, { waitUntil: (promise: Promise<unknown>) => void kept.push(promise) } as never)
  await Promise.all(kept)
  expect(JSON.stringify(record.batches)).not.toContain('s3cret')
  return record.spans.map(({ attributes }) =>
    Object.fromEntries(Object.entries(attributes).filter(([key]) => key.includes('.header.'))),
  )
}

test('none is recorded that nobody named', async () => expect(await headersOf({})).toEqual([{}, {}]))

test('those that are named are, of both sides, in and out, as lists; secret ones masked', async () => {
  const headers = captureHeaders({
    request: ['X-Tenant', 'Authorization', 'cookie'],
    response: ['x-answer', 'set-cookie', 'absent'],
  })
  expect(await headersOf({ headers })).toEqual([
    {
      'http.request.header.x-tenant': ['outer'],
      'http.request.header.cookie': ['REDACTED'],
      'http.response.header.x-answer': ['in'],
      'http.response.header.set-cookie': ['REDACTED'],
    },
    {
      'http.request.header.x-tenant': ['acme'],
      'http.request.header.authorization': ['REDACTED'],
      'http.response.header.x-answer': ['yes'],
      'http.response.header.set-cookie': ['REDACTED'],
    },
  ])
})

test('a hook of one’s own that throws is not felt', async () => {
  const headers = () => {
    throw new Error('mine')
  }
  expect(await headersOf({ headers })).toEqual([{}, {}])
})

describe('every host that has headers', () => {
  const headers = captureHeaders({ request: ['x-tenant', 'cookie'], response: ['x-answer', 'set-cookie'] })
  const given = { 'X-Tenant': 'acme', cookie: 's3cret', other: 's3cret' }
  const answered = { 'X-Answer': 'yes', 'set-cookie': 's3cret', other: 's3cret' }
  const lambdaContext = { getRemainingTimeInMillis: () => 10_000, awsRequestId: '1', functionName: 'f' } as never
  const url = 'https://app.example/'
  /** As CloudFront writes headers. */
  const edge = (all: object) =>
    Object.fromEntries(Object.entries(all).map(([key, value]) => [key.toLowerCase(), [{ key, value }]]))
  const apiGateway2 = {
    version: '2.0',
    rawPath: '/',
    headers: given,
    requestContext: { http: { method: 'GET', path: '/' } },
  }
  const rest = { httpMethod: 'GET', path: '/', requestContext: { stage: 'prod', path: '/' } }

  type Act = (tracer: Tracer, fails: boolean) => unknown
  const stop = (fails: boolean): void => {
    if (fails) throw new Error('stopped')
  }
  const web = (fails: boolean) => {
    stop(fails)
    return new Response('ok', { headers: answered })
  }

  const hosts: [name: string, Act][] = [
    ['handle', (tracer, fails) => handle(tracer, () => web(fails))(new Request(url, { headers: given }))],
    ['Deno', (tracer, fails) => deno(tracer, () => web(fails))(new Request(url, { headers: given }))],
    ['Vercel', (tracer, fails) => vercel(tracer, () => web(fails))(new Request(url, { headers: given }))],
    [
      'Hono',
      (tracer, fails) => {
        const app = new Hono<{ Variables: ClewVariables }>()
        app.use(clew(tracer)).get('/', () => web(fails))
        app.onError(() => new Response('sorry', { status: 500 }))
        return app.request('/', { headers: given })
      },
    ],
    [
      'Node http',
      async (tracer, fails) => {
        const listener = node(tracer, (_, response: ServerResponse) => {
          if (fails) return void response.destroy()
          for (const [name, value] of Object.entries(answered)) response.setHeader(name, value)
          response.end('ok')
        })
        const server = createServer(listener as never)
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { headers: given }).catch(() => {})
        await new Promise((resolve) => server.close(resolve))
      },
    ],
    [
      'Lambda, HTTP API',
      (tracer, fails) =>
        lambda(tracer, () => {
          stop(fails)
          return { statusCode: 200, headers: answered }
        })(apiGateway2, lambdaContext),
    ],
    [
      'Lambda, REST API with several values',
      (tracer, fails) =>
        lambda(tracer, () => {
          stop(fails)
          return { statusCode: 200, headers: { 'x-answer': 'yes' }, multiValueHeaders: { 'Set-Cookie': ['s3cret'] } }
        })({ ...rest, multiValueHeaders: { 'X-Tenant': ['acme'], cookie: ['s3cret'] } }, lambdaContext),
    ],
    [
      'Lambda@Edge',
      (tracer, fails) =>
        lambda(tracer, () => {
          stop(fails)
          return { status: '200', headers: edge(answered) }
        })(
          { Records: [{ cf: { request: { method: 'GET', uri: '/', querystring: '', headers: edge(given) } } }] },
          lambdaContext,
        ),
    ],
    [
      'Azure',
      (tracer, fails) =>
        azure(tracer, (_: Request, _context: object) => {
          stop(fails)
          return { status: 200, headers: answered }
        })(new Request(url, { headers: given }), {}),
    ],
  ]

  const act = async (act: Act, fails: boolean) => {
    const record = recorder()
    const tracer = createTracer({ service: 'test', ...record.options, headers })
    await new Promise((resolve) => resolve(act(tracer, fails))).catch(() => {})
    const root = await vi.waitFor(() => record.spans.find(({ kind }) => kind === SpanKind.SERVER) ?? expect.fail())
    expect(JSON.stringify(record.batches)).not.toContain('s3cret')
    const all = Object.entries(root.attributes).filter(([key]) => key.includes('.header.'))
    return Object.fromEntries(all)
  }
  const request = { 'http.request.header.x-tenant': ['acme'], 'http.request.header.cookie': ['REDACTED'] }
  const response = { 'http.response.header.x-answer': ['yes'], 'http.response.header.set-cookie': ['REDACTED'] }

  test.each(hosts)('%s: both sides', async (_name, host) => {
    expect(await act(host, false)).toEqual({ ...request, ...response })
  })
  test.each(hosts)('%s: those of a request that fails', async (_name, host) => {
    expect(await act(host, true)).toEqual(request)
  })
})

test('those of a call that never got an answer', async () => {
  const record = recorder({ headers: captureHeaders({ request: ['x-tenant'] }) })
  await record.run((span) => span.fetch('http://127.0.0.1:1/', { headers: { 'x-tenant': 'acme' } }).catch(() => {}))
  await record.idle()
  expect(record.spans[1]!.attributes).toMatchObject({
    'http.request.header.x-tenant': ['acme'],
    'error.type': 'TypeError',
  })
})
