// In: a batch. Out: one OTLP/HTTP request for its spans and one for its log records, if it has any.
// Must stay true: never rejects; settles within the host's budget; what did not arrive is in the result.
import { admit, breaker, settle } from './breaker.ts'
import { noDrops } from './drops.ts'
import type { Encoder, PartialSuccess } from './encoder.ts'
import { ClewError } from './error.ts'
import type { Exporter } from './exporter.ts'
import { json } from './json.ts'
import type { Batch, LogRecord, SpanRecord } from './model.ts'
import { type Body, split } from './split.ts'
import { MAX_TRIES, post, type Reply } from './transport.ts'

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
  /** Milliseconds for one export with all its tries, and never more than the host leaves. Default 10,000. */
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
  const { timeoutMs = 10_000, encoder = json(), compression, maxBodyBytes = 4_000_000 } = options
  const urls = {
    traces: endpoint(options.tracesUrl, options.url, 'traces'),
    logs: endpoint(options.logsUrl, options.url, 'logs'),
  }
  const headers = checked(options.headers ?? {})
  const state = breaker()

  return {
    async export(batch, host) {
      const startMs = host.now()
      if (!batch.spans.length && !batch.logs.length) return { ok: true }
      const admission = admit(state, startMs)
      if (admission === 'refuse')
        return { ok: false, reason: 'breaker', message: 'the receiver failed repeatedly and rests' }
      const deadlineMs = startMs + Math.min(timeoutMs || Infinity, host.budgetMs, MAX_TIMER_MS)
      const unsent = { spans: [] as SpanRecord[], logs: [] as LogRecord[], dropped: batch.dropped }
      let failed: Failure | undefined
      let rejected = 0
      let message = ''

      const send = async (signal: 'traces' | 'logs', whole: Batch): Promise<void> => {
        for (const part of split(whole, encoder[signal], maxBodyBytes)) {
          const reply = failed?.alive === false ? failed : await attempt(signal, part.body)
          if (reply.ok) {
            if (part.batch.dropped === batch.dropped) unsent.dropped = noDrops
            const answer = read(encoder, reply.body)
            if (signal === 'traces') rejected += answer.rejected
            message ||= answer.message
          } else {
            failed ??= reply
            unsent.spans.push(...part.batch.spans)
            unsent.logs.push(...part.batch.logs)
          }
        }
      }

      const attempt = async (signal: 'traces' | 'logs', body: Body | Error): Promise<Reply> => {
        if (body instanceof Error) return { ok: false, reason: 'encoding', message: String(body), alive: true }
        const { name, version } = batch.scope
        const packed = await compression?.compress(body).catch(() => undefined)
        return post(host, {
          url: urls[signal],
          headers: {
            'user-agent': `${name}/${version} OTel-OTLP-Exporter-JavaScript/${version}`,
            ...headers,
            'content-type': encoder.contentType,
            ...(packed && { 'content-encoding': compression!.name }),
          },
          body: packed ?? body,
          deadlineMs,
          maxTries: admission === 'probe' ? 1 : MAX_TRIES,
        })
      }

      await Promise.all([
        send('traces', { ...batch, logs: [] }),
        send('logs', { ...batch, spans: [], dropped: batch.spans.length ? noDrops : batch.dropped }),
      ])
      settle(state, failed?.alive !== false, host.now())
      return failed
        ? { ok: false, reason: failed.reason, message: failed.message, unsent: { ...batch, ...unsent }, rejected }
        : { ok: true, rejected, message }
    },
  }
}

type Failure = Extract<Reply, { ok: false }>

/** The longest wait a timer of the host can hold (HTML, "timers": a signed 32-bit integer). */
const MAX_TIMER_MS = 2 ** 31 - 1

function endpoint(own: string | undefined, url: string, signal: string): string {
  try {
    const { href, protocol, username } = new URL(own ?? url)
    if (/^https?:$/.test(protocol) && !username) {
      if (own) return href
      const base = new URL(url)
      base.pathname = base.pathname.replace(/(\/v1\/traces)?\/*$/, `/v1/${signal}`)
      return base.href
    }
  } catch {}
  throw new ClewError(
    'invalid_option',
    'otlp({ url }): an absolute http or https URL without credentials, such as https://collector.example:4318',
  )
}

function checked(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const name in headers) {
    try {
      if (typeof headers[name] !== 'string') throw 0
      new Headers([[name, headers[name]]])
    } catch {
      throw new ClewError('invalid_option', `otlp({ headers }): the header ${name} has no valid name and text value`)
    }
  }
  return headers
}

/** A receiver that answers 200 has taken the batch, whatever else it says. */
function read(encoder: Encoder, body: Uint8Array): PartialSuccess {
  try {
    return encoder.answer(body)
  } catch {
    return { rejected: 0, message: '' }
  }
}
