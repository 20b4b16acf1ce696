// In: where an OTLP receiver is, and an encoded request for it. Out: what became of the request.
// Must stay true: what cannot work is refused here, once, at start-up; nothing after that throws; what a breaker knows is
// plain data, so that an isolate may share it between invocations, and a probe whose invocation dies is replaced.
import type { Encoder } from './encoder.ts'
import { ClewError } from './error.ts'
import type { ExportHost } from './exporter.ts'
import { type Body, MAX_TRIES, post, type Reply } from './post.ts'
import type { Signal } from './split.ts'

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

/**
 * Opens a line to a receiver for one export: its time begins to run. The line sends encoded requests and never rejects.
 */
export type Receiver = (
  host: ExportHost,
  userAgent: string,
  encoder: Pick<Encoder, 'contentType'> & Partial<Pick<Encoder, 'answer'>>,
) => (body: Body, signal: Signal) => Promise<Reply>

/** The longest wait a timer of the host can hold (HTML, "timers": a signed 32-bit integer). */
const MAX_TIMER_MS = 2 ** 31 - 1
/** What is used of the host's budget: the rest is for telling what became of the export. */
const USED = 0.95
/** Failed requests in a row, each with all its tries, after which a receiver counts as dead. */
export const BREAKER_FAILURES = 5
/** How long a dead receiver is left alone before one request probes it: longer than a restart, shorter than patience. */
export const BREAKER_REST_MS = 30_000

/** @throws {ClewError} `invalid_option` when a URL or a header cannot be used. */
export function receiver(options: ReceiverOptions): Receiver {
  const { headers, timeoutMs = 10_000, compression } = options
  const urls = endpoints(options)
  let failures = 0
  let restUntilMs = 0

  return (host, userAgent, { contentType, answer }) => {
    const deadlineMs = host.now() + Math.min(timeoutMs || MAX_TIMER_MS, host.budgetMs * USED)
    return async (body, signal) => {
      const isDead = failures >= BREAKER_FAILURES
      if (isDead && host.now() < restUntilMs)
        return { ok: false, reason: 'breaker', message: 'rests after repeated failures', alive: false }
      // Before the request and not after it, so that a probe whose invocation dies is replaced.
      restUntilMs = host.now() + BREAKER_REST_MS
      const packed = await compression?.compress(body).catch(() => undefined)
      const all = {
        'user-agent': userAgent,
        ...headers,
        'content-type': contentType,
        ...(packed && { 'content-encoding': compression!.name }),
      }
      const reply = await post(host, urls[signal], all, packed ?? body, answer, deadlineMs, isDead ? 1 : MAX_TRIES)
      failures = reply.ok || reply.alive ? 0 : failures + 1
      return reply
    }
  }
}

function endpoints({ url, tracesUrl, logsUrl, headers = {} }: ReceiverOptions): {
  readonly [signal in Signal]: string
} {
  const endpoint = (own: string | undefined, signal: Signal): string => {
    const at = new URL(own ?? url)
    if (!own) at.pathname = at.pathname.replace(/(\/v1\/traces)?\/*$/, `/v1/${signal}`)
    if (!/^https?:$/.test(at.protocol) || at.username) throw at
    return at.href
  }
  try {
    new Headers(headers)
    if (!Object.values(headers).includes(undefined!))
      return { traces: endpoint(tracesUrl, 'traces'), logs: endpoint(logsUrl, 'logs') }
  } catch {}
  throw new ClewError('invalid_option', 'url must be absolute http(s) without credentials, headers valid')
}
