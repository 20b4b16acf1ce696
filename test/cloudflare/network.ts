// In: what the runtime's own AI, Vectorize, Browser and dispatch objects ask Cloudflare's network for, as Miniflare hands it
// on; and TCP. Out: answers of the documented shapes.
// Must stay true: the objects in the Worker are the runtime's own; only what lies behind them is ours.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'

export interface Asked {
  /** The binding's name. */
  readonly binding: string
  readonly url: string
  /** Of the request that the Worker made. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Answer {
  readonly status?: number
  readonly type?: string
  readonly body: string
}

const json = (value: unknown, status = 200): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(value),
})

const ANSWERS: Readonly<Record<string, (asked: Asked) => Answer>> = {
  AI({ url, body }) {
    if (url.includes('markdown'))
      return json({ success: true, result: [{ name: 'a.html', format: 'markdown', tokens: 1 }] })
    const { inputs } = JSON.parse(body) as { inputs: Readonly<Record<string, unknown>> }
    if (inputs['prompt'] === 'fail')
      return json({ internalCode: 3030, description: 'no such model', name: 'Upstream' }, 400)
    if (inputs['stream']) return { type: 'text/event-stream', body: 'data: {"response":"hi"}\n\ndata: [DONE]\n\n' }
    if (inputs['text']) return json({ shape: [1, 2], data: [[0.5, 0.25]] })
    return json({ response: 'the answer', usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } })
  },
  INDEX({ url }) {
    if (url.endsWith('/query')) return json({ count: 1, matches: [{ id: '1', score: 0.9 }] })
    if (url.endsWith('/getByIds')) return json([{ id: '1', values: [1, 2] }])
    if (url.endsWith('/insert')) return json({ error: 'vector too long', code: 40012 }, 400)
    if (url.endsWith('/info')) return json({ dimensions: 2, vectorCount: 1 })
    return json({ mutationId: 'm' })
  },
  BROWSER: () => json({ allowedBrowserAcquisitions: 1 }),
  DISPATCH: ({ url }) => ({ body: `tenant ${new URL(url).pathname}` }),
}

export class Network {
  readonly url: URL
  /** A PostgreSQL URL whose server sends back what it gets. */
  readonly database: string
  readonly asked: Asked[] = []
  readonly #http: Server
  readonly #tcp: TcpServer

  private constructor(http: Server, tcp: TcpServer) {
    this.#http = http
    this.#tcp = tcp
    this.url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)
    this.database = `postgres://user:secret@127.0.0.1:${(tcp.address() as AddressInfo).port}/db?sslmode=disable`
    http.on('request', (request, response) => {
      void read(request).then((asked) => {
        this.asked.push(asked)
        // Beside what the Worker asks for Miniflare looks for a session of its own.
        const { status = 200, type = 'text/plain', body } = ANSWERS[asked.binding]?.(asked) ?? { status: 404, body: '' }
        response.writeHead(status, { 'content-type': type }).end(body)
      })
    })
  }

  static async start(): Promise<Network> {
    const http = createServer()
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.pipe(socket)
    })
    await Promise.all([http, tcp].map((each) => new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))))
    return new Network(http, tcp)
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections()
    await Promise.all([this.#http, this.#tcp].map((each) => new Promise((resolve) => each.close(resolve))))
  }
}

/** Miniflare sends the binding, the URL and the headers in headers of its own. */
async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (name.startsWith('mf-header-')) headers[name.slice('mf-header-'.length)] = String(value)
  return {
    binding: String(request.headers['mf-binding']),
    url: String(request.headers['mf-url']),
    headers,
    body: Buffer.concat(chunks).toString(),
  }
}
