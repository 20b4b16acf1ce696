// In: OTLP/HTTP requests, and a script of how to misbehave. Out: what arrived, what was accepted, how it was answered.
// Must stay true: a real server on a real socket; it accepts a batch exactly when it answers it with a 2xx and no fault
// before; its decoder is not clew's.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { Fault as KitFault } from 'clew/testing'
import {
  type DecodedAttribute,
  type DecodedLog,
  type DecodedLogs,
  type DecodedMetric,
  type DecodedMetrics,
  type DecodedSpan,
  type DecodedTraces,
  type DecodedValue,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
  encodeAnswer,
} from './otlp-decode.ts'

/** How one request is treated: what the kit's fake collector can do, and what takes a socket. */
export type Fault =
  | KitFault
  /** Accepts, answers 200 and then a byte every `everyMs`, without end. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** Accepts, answers and closes the connection, announced or not. */
  | { readonly kind: 'close'; readonly announced: boolean }

export interface Received {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** As it came over the wire. */
  readonly wire: Uint8Array
  /** Decompressed. */
  readonly body: Uint8Array
  readonly traces: DecodedTraces | undefined
  readonly logs: DecodedLogs | undefined
  readonly metrics: DecodedMetrics | undefined
  readonly fault: Fault | undefined
  /** Milliseconds since the collector started. */
  readonly atMs: number
  /** Which connection it came over, counted from 1. */
  readonly connection: number
  accepted: boolean
}

export class Collector {
  /** Every request that arrived whole, in order. */
  readonly requests: Received[] = []
  /** Requests whose body was no OTLP: what was wrong. They are answered 400. */
  readonly invalid: string[] = []
  /** Base URL; `otlp({ url })` appends the paths. */
  readonly url: string
  #server: Server
  #sockets = new Map<Socket, number>()
  #script: (Fault | undefined)[] = []
  #decide: (request: number) => Fault | undefined = () => undefined
  #waiting: (() => void)[] = []
  #started = performance.now()
  #connections = 0
  #timers = new Set<NodeJS.Timeout>()

  /** Listens on 127.0.0.1. `port`: default a free one. */
  static async start(options: { readonly port?: number; readonly keepAlive?: boolean } = {}): Promise<Collector> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
    })
    return new Collector(server, options.keepAlive ?? true)
  }

  private constructor(server: Server, keepAlive: boolean) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', (socket) => {
      this.#sockets.set(socket, ++this.#connections)
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (request, response) => {
      if (!keepAlive) response.setHeader('connection', 'close')
      this.#receive(request, response).catch(() => request.socket.destroy())
    })
  }

  /** The next requests meet these, one each; `undefined` behaves. Then `decide` rules. */
  script(...faults: (Fault | undefined)[]): void {
    this.#script.push(...faults)
  }

  /** Every request not in the script: a fault by its number, counted from 0. */
  decide(decide: (request: number) => Fault | undefined): void {
    this.#decide = decide
  }

  /** The spans that were accepted. */
  spans(): DecodedSpan[] {
    return this.#accepted().flatMap(({ traces }) => scopes(traces).flatMap(({ spans }) => spans))
  }

  /** The log records that were accepted. */
  logs(): DecodedLog[] {
    return this.#accepted().flatMap(({ logs }) =>
      (logs?.resourceLogs ?? []).flatMap((group) => group.scopeLogs.flatMap(({ logRecords }) => logRecords)),
    )
  }

  /** The metrics that were accepted. */
  metrics(): DecodedMetric[] {
    return this.#accepted().flatMap(({ metrics }) =>
      (metrics?.resourceMetrics ?? []).flatMap((group) => group.scopeMetrics.flatMap(({ metrics }) => metrics)),
    )
  }

  /** Drop counts told by accepted batches, summed: `{ timeout: 3 }`. */
  dropped(): Record<string, number> {
    const sums: Record<string, number> = {}
    for (const { traces } of this.#accepted())
      for (const { scope } of scopes(traces))
        for (const { key, value } of scope.attributes) {
          const reason = key.replace('clew.dropped.', '')
          if (reason !== key) sums[reason] = (sums[reason] ?? 0) + Number(value.intValue)
        }
    return sums
  }

  /** Resolves when `condition` holds; looked at after every request, and when a delayed one is accepted. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Connections now open. */
  get connections(): number {
    return this.#sockets.size
  }

  /** Forgets what arrived and what was scripted. */
  reset(): void {
    this.requests.length = this.invalid.length = this.#script.length = 0
    this.#decide = () => undefined
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets.keys()) socket.destroy()
    await closed
  }

  #accepted(): Received[] {
    return this.requests.filter(({ accepted }) => accepted)
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const wire = Buffer.concat(chunks)
    const path = request.url ?? ''
    const contentType = request.headers['content-type'] ?? ''
    let body: Uint8Array = wire
    let traces: DecodedTraces | undefined
    let logs: DecodedLogs | undefined
    let metrics: DecodedMetrics | undefined
    try {
      if (request.headers['content-encoding'] === 'gzip') body = gunzipSync(wire)
      if (path.endsWith('/v1/logs')) logs = decodeLogs(contentType, body)
      else if (path.endsWith('/v1/metrics')) metrics = decodeMetrics(contentType, body)
      else traces = decodeTraces(contentType, body)
    } catch (error) {
      this.invalid.push(String(error))
      response.writeHead(400).end(JSON.stringify({ code: 3, message: String(error) }))
      this.#wake()
      return
    }
    const fault = this.#script.length ? this.#script.shift() : this.#decide(this.requests.length)
    const connection = this.#sockets.get(request.socket) ?? 0
    const atMs = performance.now() - this.#started
    const received: Received = {
      path,
      headers: request.headers,
      wire,
      body,
      traces,
      logs,
      metrics,
      fault,
      atMs,
      connection,
      accepted: false,
    }
    this.requests.push(received)
    this.#answer(received, fault, response)
    this.#wake()
  }

  #answer(received: Received, fault: Fault | undefined, response: ServerResponse): void {
    const type = received.headers['content-type'] ?? 'application/json'
    const signal = received.logs ? 'logs' : 'traces'
    const accept = (rejected = 0, message = '') => {
      received.accepted = true
      const count = signal === 'logs' ? 'rejectedLogRecords' : 'rejectedSpans'
      const partialSuccess = rejected || message ? { [count]: String(rejected), errorMessage: message } : {}
      const answer = /json/.test(type) ? JSON.stringify({ partialSuccess }) : encodeAnswer(signal, rejected, message)
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(answer) }).end(answer)
    }
    switch (fault?.kind) {
      case undefined:
        accept()
        return
      case 'status':
        received.accepted = fault.status >= 200 && fault.status < 300
        response
          .writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
          .end(fault.body ?? '{}')
        return
      case 'hang':
        return
      case 'reset':
        response.socket?.resetAndDestroy()
        return
      case 'reset-mid-body':
        received.accepted = true
        response.writeHead(200, { 'content-type': type, 'content-length': 1000 })
        response.write('{"partialSuccess":', () => setImmediate(() => response.socket?.resetAndDestroy()))
        return
      case 'drip': {
        received.accepted = true
        response.writeHead(200, { 'content-type': type })
        response.flushHeaders()
        const timer = setInterval(() => response.write(' '), fault.everyMs)
        this.#timers.add(timer)
        response.on('close', () => clearInterval(timer))
        return
      }
      case 'html':
        response
          .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
          .end('<!doctype html><title>Sign in</title>')
        return
      case 'huge':
        received.accepted = true
        response.writeHead(200, { 'content-type': type }).end(Buffer.alloc(fault.bytes, 32))
        return
      case 'partial':
        accept(fault.rejected, fault.message)
        return
      case 'close':
        if (fault.announced) response.setHeader('connection', 'close')
        else response.on('finish', () => response.socket?.destroySoon())
        accept()
        return
      case 'delay':
        this.#timers.add(
          setTimeout(() => {
            accept()
            this.#wake()
          }, fault.ms),
        )
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

const scopes = (traces: DecodedTraces | undefined): DecodedTraces['resourceSpans'][number]['scopeSpans'] =>
  (traces?.resourceSpans ?? []).flatMap((group) => group.scopeSpans)

/** Attributes as a plain object, for assertions: int64 as bigint, bytes as base64, no value as null. */
export function plain(attributes: readonly DecodedAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]))
}

function plainValue(value: DecodedValue): unknown {
  if (value.intValue !== undefined) return BigInt(value.intValue)
  if (value.arrayValue) return value.arrayValue.values.map(plainValue)
  if (value.kvlistValue) return plain(value.kvlistValue.values)
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? value.bytesValue ?? null
}
