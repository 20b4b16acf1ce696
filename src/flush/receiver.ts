// In: where an OTLP receiver is, and an encoded request for it. Out: what became of the request.
// Must stay true: what cannot work is refused here, once, at start-up; nothing after that throws.
import { ClewError } from './error.ts'
import type { ExportHost } from './exporter.ts'
import type { Body, Signal } from './split.ts'
import { MAX_TRIES, post, type Reply } from './transport.ts'

/** A body's `Content-Encoding`, passed by value so that only those who use it carry it: see `gzip()`. */
export interface Compression {
  readonly name: string
  /** The compressed body; nothing where the host cannot, or where it does not pay. */
  compress(body: Body): Promise<Uint8Array<ArrayBuffer> | undefined>
}

export interface ReceiverOptions {
  /**
   * Where the receiver is, as in `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` and `/v1/logs` are appended to its path.
   * A URL that already ends in `/v1/traces` is taken as it is, and its sibling for logs.
   */
  readonly url: string
  /** The receiver of spans, used as it is (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`). */
  readonly tracesUrl?: string
  /** The receiver of log records, used as it is (`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`). */
  readonly logsUrl?: string
  /** Sent with every request; may replace `user-agent`. Default none. */
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds for one export with all its tries, and never more than the host leaves. Default 10,000; 0: no limit of ours. */
  readonly timeoutMs?: number
  /** Default none. */
  readonly compression?: Compression
}

export interface Receiver {
  /** Epoch milliseconds by which an export that starts now must be settled. */
  deadlineMs(host: ExportHost): number
  /** `agent`: product and version, for the user agent. `maxTries`: default all. */
  send(
    signal: Signal,
    body: Body,
    contentType: string,
    agent: string,
    host: ExportHost,
    deadlineMs: number,
    maxTries?: number,
  ): Promise<Reply>
}

/** The longest wait a timer of the host can hold (HTML, "timers": a signed 32-bit integer). */
const MAX_TIMER_MS = 2 ** 31 - 1
/** What is used of the host's budget: the rest is for telling what became of the export. */
const USED = 0.95

/** @throws {ClewError} `invalid_option` when a URL or a header cannot be used. */
export function receiver(options: ReceiverOptions): Receiver {
  const { timeoutMs = 10_000, compression, headers } = options
  const urls = {
    traces: endpoint(options.tracesUrl, options, 'traces'),
    logs: endpoint(options.logsUrl, options, 'logs'),
  }
  return {
    deadlineMs: (host) => host.now() + Math.min(timeoutMs || MAX_TIMER_MS, host.budgetMs * USED),
    async send(signal, body, contentType, agent, host, deadlineMs, maxTries = MAX_TRIES) {
      const packed = await compression?.compress(body).catch(() => undefined)
      const all = {
        'user-agent': `${agent} OTel-OTLP-Exporter-JavaScript/${agent.replace(/.*\//, '')}`,
        ...headers,
        'content-type': contentType,
        ...(packed && { 'content-encoding': compression!.name }),
      }
      return post(host, urls[signal], all, packed ?? body, deadlineMs, maxTries)
    },
  }
}

function endpoint(own: string | undefined, { url, headers }: ReceiverOptions, signal: Signal): string {
  try {
    new Headers(headers)
    const at = new URL(own ?? url)
    if (!own) at.pathname = at.pathname.replace(/(\/v1\/traces)?\/*$/, `/v1/${signal}`)
    if (/^https?:$/.test(at.protocol) && !at.username && !Object.values(headers ?? {}).includes(undefined!))
      return at.href
  } catch {}
  throw new ClewError(
    'invalid_option',
    'otlp({ url, headers }): url must be absolute http(s) without credentials, headers valid',
  )
}
