// In: nothing. Out: what programs under test call: a collector, an upstream that shows what it was sent, a port nobody serves.
// Must stay true: real servers on real sockets; browsers may call them from another origin.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Collector } from '../collector.ts'
import type { DecodedSpan } from '../otlp-decode.ts'

/** How long anything may take to arrive: far more than it does, so that only what never comes fails. */
const PATIENCE_MS = 5000

export class World {
  readonly collector: Collector
  readonly upstreamUrl: string
  /** Answers nothing: connections are refused. */
  readonly downUrl: string
  #upstream: Server

  static async start(): Promise<World> {
    const upstream = createServer((request, response) => {
      response.setHeader('access-control-allow-origin', '*')
      response.setHeader('access-control-allow-headers', '*, traceparent, tracestate, baggage, x-own')
      if (request.method === 'OPTIONS') response.end()
      else if (request.url === '/hang') request.resume()
      else response.setHeader('content-type', 'application/json').end(JSON.stringify(request.headers))
    })
    const closed = createServer()
    await Promise.all(
      [upstream, closed].map((server) => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))),
    )
    const downUrl = url(closed)
    await new Promise((resolve) => closed.close(resolve))
    return new World(await Collector.start(), upstream, downUrl)
  }

  private constructor(collector: Collector, upstream: Server, downUrl: string) {
    this.collector = collector
    this.#upstream = upstream
    this.upstreamUrl = url(upstream)
    this.downUrl = downUrl
  }

  /** What the program's bundle is to know. */
  get define(): Record<string, string> {
    return { COLLECTOR_URL: this.collector.url, UPSTREAM_URL: this.upstreamUrl, DOWN_URL: this.downUrl }
  }

  /** The spans of a trace, once there are `count` of them. */
  async spansOf(traceId: string, count: number): Promise<DecodedSpan[]> {
    const found = (): DecodedSpan[] => this.collector.spans().filter((span) => span.traceId === traceId)
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${count} spans expected, there are ${found().length}: ${found().map(({ name }) => name)}`))
      }, PATIENCE_MS)
    })
    try {
      await Promise.race([this.collector.until(() => found().length >= count), patience])
    } finally {
      clearTimeout(timer)
    }
    return found()
  }

  /** The requests that brought spans of a trace. */
  postsOf(traceId: string): number {
    return this.collector.requests.filter(({ traces }) =>
      traces?.resourceSpans.some(({ scopeSpans }) =>
        scopeSpans.some(({ spans }) => spans.some((span) => span.traceId === traceId)),
      ),
    ).length
  }

  async close(): Promise<void> {
    this.#upstream.closeAllConnections()
    await Promise.all([this.collector.close(), new Promise((resolve) => this.#upstream.close(resolve))])
  }
}

function url(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
