// In: requests as foreign pages, rebinding names and this machine's own programs make them. Out: who may do what.
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startViewer, type Viewer } from '../src/viewer.ts'

let viewer: Viewer
beforeAll(async () => {
  viewer = await startViewer({
    port: 0,
    allowHosts: ['host.docker.internal'],
    allowOrigins: ['https://staging.example'],
  })
})
afterAll(() => viewer.close())

/** `fetch` may not choose its Host, so this speaks HTTP itself. */
const ask = (
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: Record<string, unknown> }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: viewer.port, method, path, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
    outgoing.on('error', reject)
    outgoing.end(method === 'POST' ? '{}' : undefined)
  })

const json = { 'content-type': 'application/json' }

describe('reading', () => {
  it.each([
    ['a program', {}, 200],
    ['localhost', { host: 'localhost:4318' }, 200],
    ['IPv6 loopback', { host: '[::1]:4318' }, 200],
    ['an allowed host', { host: 'host.docker.internal:4318' }, 200],
    ['a name that was rebound', { host: 'evil.example:4318' }, 403],
    ['a name that only looks local', { host: 'localhost.evil.example' }, 403],
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['another page of this machine', { host: 'localhost:4318', origin: 'http://localhost:3000' }, 403],
    ['the own page', { host: 'localhost:4318', origin: 'http://localhost:4318' }, 200],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['an image on a foreign page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['a link on a foreign page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
  ])('by %s', async (_name, headers, status) => {
    expect((await ask('GET', '/api/status', headers)).status).toBe(status)
  })
})

describe('posting', () => {
  it.each([
    ['a program', {}, 200],
    ['a page of this machine', { origin: 'http://localhost:5173' }, 200],
    ['an allowed origin', { origin: 'https://staging.example' }, 200],
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['a rebound name', { host: 'evil.example', origin: 'http://evil.example' }, 403],
  ])('by %s', async (_name, headers, status) => {
    const answer = await ask('POST', '/v1/traces', { ...json, ...headers })
    expect(answer.status).toBe(status)
    if (status === 200 && 'origin' in headers)
      expect(answer.headers['access-control-allow-origin']).toBe(headers.origin)
  })

  it('is permitted beforehand to pages of this machine', async () => {
    const headers = {
      origin: 'http://localhost:5173',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-api-key',
    }
    const answer = await ask('OPTIONS', '/v1/traces', headers)
    expect(answer.status).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'http://localhost:5173',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,x-api-key',
    })
  })

  it('is not permitted beforehand to foreign pages', async () => {
    const answer = await ask('OPTIONS', '/v1/traces', {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
    })
    expect(answer.status).toBe(403)
  })
})

it('nobody from elsewhere forgets the traces', async () => {
  expect((await ask('DELETE', '/api/traces', { origin: 'http://localhost:3000' })).status).toBe(403)
  expect((await ask('DELETE', '/api/traces', {})).status).toBe(204)
})

it('the page may load nothing from elsewhere', async () => {
  const answer = await ask('GET', '/', {})
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
})
