import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { handle } from 'clew/handle'
import { dispatcher } from '../program.ts'

const respond = dispatcher(
  (tracer, answer) => handle(tracer, answer),
  (request) => request.url,
)

/** What every `(Request) => Response` server for Node does. */
async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const headers = incoming.headers as Record<string, string>
    const response = await respond(
      new Request(`http://${headers['host']}${incoming.url}`, { headers }),
      undefined as never,
    )
    const cookies = response.headers.getSetCookie()
    outgoing.writeHead(response.status, {
      ...Object.fromEntries(response.headers),
      ...(cookies.length > 0 && { 'set-cookie': cookies }),
    })
    // The body is cancelled when the client leaves.
    for await (const chunk of response.body ?? []) {
      if (outgoing.destroyed) break
      outgoing.write(chunk)
    }
    outgoing.end()
  } catch {
    if (!outgoing.headersSent) outgoing.writeHead(500)
    outgoing.end()
  }
}

const server = createServer((incoming, outgoing) => void serve(incoming, outgoing))
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
