// In: options. Out: a running viewer: OTLP/HTTP in, SQLite behind, page and JSON API in front, one process.
// Must stay true: binds to loopback unless told otherwise; closes without leaving a timer or a socket.
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { TraceView } from './model.ts'
import { codec } from './receive/decode.ts'
import { app } from './server/app.ts'
import { type ForwardCounts, type ForwardOptions, forwarder } from './server/forward.ts'
import type { IngestCounts } from './server/ingest.ts'
import { page } from './server/page.ts'
import { settled } from './server/settled.ts'
import { openStore, type StoreCounts } from './store/store.ts'

export interface ViewerOptions {
  /** Default 4318, the port of OTLP/HTTP; 0 takes a free one. */
  readonly port?: number
  /** Default `127.0.0.1`. */
  readonly hostname?: string
  /** A file to keep traces in; default memory. */
  readonly file?: string
  /** Milliseconds since arrival; default 24 hours. */
  readonly maxAgeMs?: number
  /** Default 1,000,000. */
  readonly maxSpans?: number
  /** Bytes of the database; default 2 GiB. */
  readonly maxBytes?: number
  /** Host names besides loopback's that the server answers to. */
  readonly allowHosts?: readonly string[]
  /** Origins besides loopback's whose pages may post telemetry. */
  readonly allowOrigins?: readonly string[]
  /** Where everything that arrives is sent on to. */
  readonly forward?: ForwardOptions
}

export interface ViewerCounts {
  readonly kept: StoreCounts
  readonly received: Readonly<IngestCounts>
  /** Absent unless everything is forwarded. */
  readonly forwarded: ForwardCounts | undefined
}

export interface Viewer {
  /** Base URL, also the value for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  readonly port: number
  /**
   * Calls back with each trace once it has come to rest (half a second of silence when nothing is missing, six seconds
   * otherwise), and again with a higher `revision` when more arrives later. Returns the undoing.
   */
  onTrace(listener: (trace: TraceView) => void): () => void
  /** The newest traces, newest first; all their spans across services. */
  traces(limit?: number): readonly TraceView[]
  trace(traceId: string): TraceView | undefined
  counts(): ViewerCounts
  close(): Promise<void>
}

const HOUR_MS = 3_600_000
/** Milliseconds between looks for traces that have grown too old while nothing arrives. */
const TRIM_EVERY_MS = 30_000

/** Starts the viewer; rejects when the port is taken (`EADDRINUSE`) or the file is not ours. */
export const startViewer = async (options: ViewerOptions = {}): Promise<Viewer> => {
  const hostname = options.hostname ?? '127.0.0.1'
  const store = openStore({
    path: options.file ?? ':memory:',
    maxAgeMs: options.maxAgeMs ?? 24 * HOUR_MS,
    maxSpans: options.maxSpans ?? 1_000_000,
    maxBytes: options.maxBytes ?? 2 * 1024 ** 3,
  })
  const counts: IngestCounts = { requests: 0, spans: 0, logs: 0, refused: 0, failed: 0 }
  const rest = settled(store)
  const forward = options.forward && forwarder(options.forward)
  const trust = { hosts: options.allowHosts ?? [], origins: options.allowOrigins ?? [] }
  const routes = app({ store, codec: codec(), trust, forwarder: forward, counts, settled: rest, ui: page() })
  const server = serve({ fetch: routes.fetch, hostname, port: options.port ?? 4318 })
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', (error) => {
      store.close()
      reject(error)
    })
  })
  const { port } = server.address() as AddressInfo
  const trimming = setInterval(() => store.trim(), TRIM_EVERY_MS).unref()

  return {
    url: `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`,
    port,
    onTrace: rest.onTrace,
    trace: store.trace,
    traces: (limit = 100) => store.newest(limit).map((traceId) => store.trace(traceId)!),
    counts: () => ({ kept: store.counts(), received: { ...counts }, forwarded: forward?.counts() }),
    async close() {
      clearInterval(trimming)
      rest.close()
      await forward?.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      })
      store.close()
    },
  }
}
