import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { node } from 'clew/node'
import { dispatcher } from '../program.ts'

const listen = dispatcher(
  (tracer, answer) =>
    node(tracer, async (incoming: IncomingMessage, outgoing: ServerResponse, context) => {
      const headers = incoming.headers as Record<string, string>
      const response = await answer(new Request(urlOf(incoming), { headers }), context)
      const cookies = response.headers.getSetCookie()
      outgoing.writeHead(response.status, {
        ...Object.fromEntries(response.headers),
        ...(cookies.length > 0 && { 'set-cookie': cookies }),
      })
      for await (const chunk of response.body ?? []) {
        if (outgoing.destroyed) break
        outgoing.write(chunk)
      }
      outgoing.end()
    }) as (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
  urlOf,
)

function urlOf(incoming: IncomingMessage): string {
  return `http://${incoming.headers.host}${incoming.url}`
}

const server = createServer((incoming, outgoing) => {
  listen(incoming, outgoing).catch(() => outgoing.writeHead(500).end())
})
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
