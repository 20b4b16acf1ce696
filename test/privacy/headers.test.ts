// In: requests with headers. Out: those that were named, and no other.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTracer } from 'clew'
import { captureHeaders } from 'clew/privacy'
import { recorder } from 'clew/testing'
import { workers } from 'clew/workers'
import { afterAll, beforeAll, expect, test } from 'vitest'

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
