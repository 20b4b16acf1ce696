// In: charges and messages, as two providers outside would take them. Out: their answers, after a while, if at all.
// Must stay true: knows nothing of tracing; what a charge leads to is in the card's number.
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** Not available when it sees an order for the first time. */
const FLAKY_CARD = '4000000000000119'
/** Takes the request, and never answers. */
const SILENT_CARD = '4000000000000341'

/** Listens on 127.0.0.1; port 0 takes a free one. */
export async function startOutside(port: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const seen = new Set<string>()

  async function charge(order: string, { card }: { card: string }, response: ServerResponse): Promise<void> {
    if (card === SILENT_CARD) return
    await wait(60 + Math.random() * 40)
    const isFirst = !seen.has(order)
    seen.add(order)
    if (card === FLAKY_CARD && isFirst) return answer(response, 503, { error: 'come back later' })
    answer(response, 200, { charge: `ch_${order.slice(0, 8)}` })
  }

  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.url === '/charges')
      return charge(String(request.headers['idempotency-key']), JSON.parse(body), response)
    await wait(30 + Math.random() * 20)
    answer(response, request.url === '/messages' ? 202 : 404, {})
  })
  await listening(server, port)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
}
