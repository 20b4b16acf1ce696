// A server that lives on: spans leave by size, by time, and when it ends.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTracer, otlp } from 'clew'
import { batching, node } from 'clew/node'

declare const COLLECTOR_URL: string
declare const OPTIONS: { listens?: boolean; delayMs?: number; maxRecords?: number }

const { listens, ...options } = OPTIONS
const tracer = createTracer({ service: 'server', exporter: batching(otlp({ url: COLLECTOR_URL }), options) })

const server = createServer(
  node(tracer, async (request, response: ServerResponse, { span }) => {
    if (request.url === '/hang') {
      console.log('hanging')
      return
    }
    await span.enterSpan('work', () => Promise.resolve())
    if (request.url === '/route') span.setAttribute('http.route', '/route/{id}')
    response.writeHead(request.url === '/broken' ? 503 : 200).end('ok')
  }),
)
// A program of the user's that ends in its own time.
if (listens) process.on('SIGTERM', () => server.close(() => setTimeout(() => process.exit(3), 500)))
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
