// In: nothing. Out: secrets to plant, and everything that has left since: requests of every kind, and the whole console.
// Must stay true: every secret has one text in it that nothing else has; what is not captured is not proven.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'
import { Collector } from '../collector.ts'

const PLANT = 'pl4nt3d'
let planted = 0

/** A secret like no other. */
export const secret = (): string => `${PLANT}${++planted}`
/** Secrets made so far. */
export const secretsMade = (): number => planted

export class Watch {
  readonly collector: Collector
  /** A server of somebody else's, for calls. */
  readonly origin: string
  /** What it was sent: its headers and bodies. */
  readonly seen: string[] = []
  readonly printed: string[] = []
  /** Promises given to the host. */
  readonly kept: Promise<unknown>[] = []
  readonly #server: Server

  static async start(): Promise<Watch> {
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return new Watch(await Collector.start(), server)
  }

  private constructor(collector: Collector, server: Server) {
    this.collector = collector
    this.#server = server
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      this.seen.push(JSON.stringify(request.headers), String(Buffer.concat(chunks)))
      response.end('ok')
    })
    for (const method of ['debug', 'info', 'warn', 'error', 'log', 'trace'] as const)
      vi.spyOn(console, method).mockImplementation((...args) => void this.printed.push(args.map(String).join(' ')))
  }

  /** For what an adapter gives its host. */
  readonly waitUntil = (promise: Promise<unknown>): void => void this.kept.push(promise)

  /** When all work has settled. */
  async idle(): Promise<void> {
    for (let count = -1; count < this.kept.length; ) {
      count = this.kept.length
      await Promise.allSettled(this.kept)
    }
  }

  /** All that has left, as text. */
  get everything(): string {
    const sent = this.collector.requests.map(
      ({ body, headers }) => `${JSON.stringify(headers)}\n${Buffer.from(body).toString('latin1')}`,
    )
    return [...sent, ...this.seen, ...this.printed].join('\n')
  }

  /** Every secret in it, with what stands before it. */
  get found(): string[] {
    return [...this.everything.matchAll(new RegExp(`.{0,80}${PLANT}\\d+`, 'g'))].map(([around]) => around)
  }

  async close(): Promise<void> {
    vi.restoreAllMocks()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.collector.close()
  }
}
