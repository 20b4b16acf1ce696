// In: a batch. Out: one OTLP/HTTP request for its spans and one for its log records, if it has any.
// Must stay true: never rejects; settles within the host's budget; what did not arrive is in the result.
import { admit, breaker, settle } from './breaker.ts'
import { noDrops } from './drops.ts'
import type { Encoder } from './encoder.ts'
import { ClewError } from './error.ts'
import type { Exporter } from './exporter.ts'
import { json } from './json.ts'
import type { Batch, LogRecord, SpanRecord } from './model.ts'
import { type Body, split } from './split.ts'
import { post, type Reply } from './transport.ts'

/** A body's `Content-Encoding`, passed by value so that only those who use it carry it: see `gzip()`. */
export interface Compression {
  readonly name: string
  /** The compressed body; nothing where the host cannot, or where it does not pay. */
  compress(body: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined>
}

export interface OtlpOptions {
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
  /** Default `json()`. */
  readonly encoder?: Encoder
  /** Default none. */
  readonly compression?: Compression
  /** Bytes, before compression, above which a request is split into several. Default 4,000,000. */
  readonly maxBodyBytes?: number
}

/**
 * Sends OTLP 1.11 over HTTP, as JSON unless another encoder is given.
 * @throws {ClewError} `invalid_option` when a URL or a header cannot be used.
 */
export function otlp(options: OtlpOptions): Exporter {
  const { timeoutMs = 10_000, encoder = json(), compression, maxBodyBytes = 4_000_000, headers } = options
  const urls = {
    traces: endpoint(options.tracesUrl, options, 'traces'),
    logs: endpoint(options.logsUrl, options, 'logs'),
  }
  const state = breaker()

  return {
    async export(batch, host) {
      const { spans, logs, scope, dropped } = batch
      if (!spans.length && !logs.length) return { ok: true }
      const startMs = host.now()
      const maxTries = admit(state, startMs)
      if (!maxTries)
        return { ok: false, reason: 'breaker', message: 'the receiver failed repeatedly and is given a rest' }
      const deadlineMs = startMs + Math.min(timeoutMs || MAX_TIMER_MS, host.budgetMs)
      const unsent = { ...batch, spans: [] as SpanRecord[], logs: [] as LogRecord[] }
      let failed: Extract<Reply, { ok: false }> | undefined
      let rejected = 0
      let message = ''

      const send = async (signal: 'traces' | 'logs', whole: Batch): Promise<void> => {
        for (const part of split(whole, encoder[signal], maxBodyBytes)) {
          const reply = failed && !failed.alive ? failed : await attempt(signal, part.body)
          if (reply.ok) {
            if (part.batch.dropped === dropped) unsent.dropped = noDrops
            try {
              const answer = encoder.answer(reply.body)
              if (signal === 'traces') rejected += answer.rejected
              message ||= answer.message
            } catch {
              // The batch was taken with a 2xx, whatever else was said.
            }
          } else {
            failed ??= reply
            unsent.spans.push(...part.batch.spans)
            unsent.logs.push(...part.batch.logs)
          }
        }
      }

      const attempt = async (signal: 'traces' | 'logs', body: Body | Error): Promise<Reply> => {
        if (body instanceof Error) return { ok: false, reason: 'encoding', message: body.message, alive: true }
        const packed = await compression?.compress(body).catch(() => undefined)
        const all: Record<string, string> = {
          'user-agent': `${scope.name}/${scope.version} OTel-OTLP-Exporter-JavaScript/${scope.version}`,
          ...headers,
          'content-type': encoder.contentType,
        }
        if (packed) all['content-encoding'] = compression!.name
        return post(host, urls[signal], all, packed ?? body, deadlineMs, maxTries)
      }

      await Promise.all([
        send('traces', { ...batch, logs: [] }),
        send('logs', { ...batch, spans: [], dropped: spans.length ? noDrops : dropped }),
      ])
      settle(state, !failed || !!failed.alive, host.now())
      return failed
        ? { ok: false, reason: failed.reason, message: failed.message, unsent, rejected }
        : { ok: true, rejected, message }
    },
  }
}

/** The longest wait a timer of the host can hold (HTML, "timers": a signed 32-bit integer). */
const MAX_TIMER_MS = 2 ** 31 - 1

function endpoint(own: string | undefined, { url, headers }: OtlpOptions, signal: string): string {
  try {
    new Headers(headers)
    const at = new URL(own ?? url)
    if (!own) at.pathname = at.pathname.replace(/(\/v1\/traces)?\/*$/, `/v1/${signal}`)
    if (/^https?:$/.test(at.protocol) && !at.username && !Object.values(headers ?? {}).includes(undefined!))
      return at.href
  } catch {}
  throw new ClewError(
    'invalid_option',
    'otlp({ url, headers }): url is absolute, http or https, without credentials; each header has a valid name and value',
  )
}
