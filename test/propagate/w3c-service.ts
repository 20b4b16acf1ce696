// In: requests of the W3C's validation harness: a list of URLs to call, and what to send there. Out: those calls.
// Must stay true: a service as a user writes it, with nothing made for the harness: clew's defaults answer for themselves.
//
//   node test/propagate/w3c-service.ts [port] [handle]     a listener of Node's `http`; with `handle`, a fetch handler
//
// docs/propagation.md tells how to run the harness against it.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { handle } from '../../src/handle.ts'
import { createTracer, memoryExporter, type Span } from '../../src/index.ts'
import { node } from '../../src/node.ts'

/** One call that the harness asks for. */
interface Call {
  readonly url: string
  readonly arguments: readonly Call[]
}

const tracer = createTracer({ service: 'w3c-service', exporter: memoryExporter() })

async function callAll(span: Span, calls: readonly Call[] | null): Promise<void> {
  for (const call of calls ?? []) {
    const response = await span.fetch(call.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(call.arguments),
    })
    await response.arrayBuffer()
  }
}

/** A listener of Node's `http`. */
export const listener: RequestListener = node(tracer, async (request, response, { span }) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  await callAll(span, JSON.parse(Buffer.concat(chunks).toString()) as readonly Call[])
  response.end()
})

const answer = handle(tracer, async (request, { span }) => {
  await callAll(span, (await request.json()) as readonly Call[])
  return new Response()
})

/** A fetch handler behind Node's server; its `Headers` get every header line, in order. */
export const fetchListener: RequestListener = async (incoming, outgoing) => {
  const headers = new Headers()
  for (let at = 0; at < incoming.rawHeaders.length; at += 2)
    headers.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!)
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const response = await answer(
    new Request(`http://127.0.0.1${incoming.url}`, { method: 'POST', headers, body: Buffer.concat(chunks).toString() }),
  )
  outgoing.writeHead(response.status).end(await response.text())
}

if (import.meta.main) {
  const [port = '5000', kind] = process.argv.slice(2)
  const server = createServer(kind === 'handle' ? fetchListener : listener).listen(Number(port), '127.0.0.1')
  await once(server, 'listening')
  console.log(`http://127.0.0.1:${port}/test`)
}
