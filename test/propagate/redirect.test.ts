// Redirects as the Fetch standard follows them, compared with a host that does.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { redirectOf } from 'clew/propagate'
import { expect, test } from 'vitest'

const FROM = new URL('https://a.example/dir/page?q=1#part')
const answer = (status: number, location?: string): { status: number; headers: Headers } => ({
  status,
  headers: new Headers(location === undefined ? {} : { location }),
})
const shown = (status: number, location: string | undefined, method = 'GET'): string => {
  const redirect = redirectOf(answer(status, location), FROM, method)
  return redirect
    ? `${redirect.method} ${redirect.url.href}${redirect.keepsBody ? '' : ' no body'}${redirect.crossesOrigin ? ' crosses' : ''}`
    : 'none'
}

test.each([
  [301, '/x', 'GET', 'GET https://a.example/x#part'],
  [302, 'x', 'HEAD', 'HEAD https://a.example/dir/x#part'],
  [301, '/x', 'POST', 'GET https://a.example/x#part no body'],
  [302, '/x', 'POST', 'GET https://a.example/x#part no body'],
  [301, '/x', 'PUT', 'PUT https://a.example/x#part'],
  [303, '/x', 'PUT', 'GET https://a.example/x#part no body'],
  [303, '/x', 'HEAD', 'HEAD https://a.example/x#part'],
  [307, '/x', 'POST', 'POST https://a.example/x#part'],
  [308, '/x#own', 'DELETE', 'DELETE https://a.example/x#own'],
  [302, 'https://b.example/', 'GET', 'GET https://b.example/#part crosses'],
  [302, 'http://a.example/', 'GET', 'GET http://a.example/#part crosses'],
  [302, '//b.example/x', 'GET', 'GET https://b.example/x#part crosses'],
  [302, 'https://a.example:443/', 'GET', 'GET https://a.example/#part'],
  [302, 'ftp://a.example/', 'GET', 'none'],
  [302, 'data:text/plain,x', 'GET', 'none'],
  [302, 'https://', 'GET', 'none'],
  [302, undefined, 'GET', 'none'],
  [200, '/x', 'GET', 'none'],
  [304, '/x', 'GET', 'none'],
  [300, '/x', 'GET', 'none'],
])('%i to %s of a %s: %s', (status, location, method, expected) => {
  expect(shown(status, location, method)).toBe(expected)
})

test('changes the method where the host does', async () => {
  const server = createServer((incoming, outgoing) => {
    const status = Number(new URL(incoming.url!, 'http://host').searchParams.get('status'))
    if (status) outgoing.writeHead(status, { location: '/seen' }).end()
    else outgoing.end(incoming.method)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    for (const status of [301, 302, 303, 307, 308]) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const url = `${origin}/?status=${status}`
        const byHost = await (await fetch(url, { method })).text()
        const first = await fetch(url, { method, redirect: 'manual' })
        expect(`${status} ${method} ${redirectOf(first, new URL(url), method)?.method}`).toBe(
          `${status} ${method} ${byHost}`,
        )
      }
    }
  } finally {
    server.close()
    server.closeAllConnections()
  }
})
