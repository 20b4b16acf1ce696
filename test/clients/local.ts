// In: a way to answer. Out: a local server that answers so, and a tracer whose traces can be read as text.
// Must stay true: real clients, a real server, and nothing patched between them.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTracer, memoryExporter, type Span, type SpanRecord } from 'clew'

export interface Call {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Respond = (call: Call, response: ServerResponse, count: number) => void

export class Local {
  readonly calls: Call[] = []
  readonly url: string
  #server: Server
  #exporter = memoryExporter()
  #tracer = createTracer({ service: 'clients', exporter: this.#exporter })

  static async start(respond: Respond): Promise<Local> {
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return new Local(server, respond)
  }

  private constructor(server: Server, respond: Respond) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { method = '', url = '', headers } = request
      const call = { method, url, headers, body: String(Buffer.concat(chunks)) }
      this.calls.push(call)
      respond(call, response, this.calls.length)
    })
  }

  /** Runs `use` as an invocation and resolves with its value, once its spans have left. */
  async run<R>(use: (span: Span) => Promise<R>): Promise<R> {
    const kept: Promise<unknown>[] = []
    const start = { name: 'root', env: undefined, keepAlive: (promise: Promise<unknown>) => void kept.push(promise) }
    const value = await this.#tracer.invoke(start, use)
    await Promise.all(kept)
    return value
  }

  get spans(): readonly SpanRecord[] {
    return this.#exporter.spans
  }

  /** The trace as text: names, statuses of responses, errors. */
  get tree(): string {
    const { spans } = this
    const lines: string[] = []
    const walk = (parent: string, depth: number): void => {
      for (const span of spans.filter(({ parentSpanId }) => parentSpanId === parent)) {
        const status = span.attributes['http.response.status_code']
        lines.push(`${'  '.repeat(depth)}${span.name}${status ? ` ${status}` : ''}${span.statusCode === 2 ? ' !' : ''}`)
        walk(span.spanId, depth + 1)
      }
    }
    walk('', 0)
    return lines.join('\n')
  }

  /** The span ids that the server was called by. */
  get callers(): string[] {
    return this.calls.map(({ headers }) => String(headers['traceparent']).split('-')[2]!)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}
