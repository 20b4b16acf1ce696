// In: a batch. Out: one OTLP/HTTP request for its spans and one for its log records, if it has any.
// Must stay true: never rejects; settles within the host's budget; what did not arrive is in the result.
import { admit, breaker, settle } from './breaker.ts'
import { noDrops } from './drops.ts'
import type { Encoder } from './encoder.ts'
import type { Exporter } from './exporter.ts'
import { json } from './json.ts'
import type { Batch, LogRecord, SpanRecord } from './model.ts'
import { type ReceiverOptions, receiver, type Signal } from './receiver.ts'
import { split } from './split.ts'
import type { Reply } from './transport.ts'

export type { Compression } from './receiver.ts'

export interface OtlpOptions extends ReceiverOptions {
  /** Default `json()`. */
  readonly encoder?: Encoder
  /** Bytes, before compression, above which a request is split into several. Default 4,000,000. */
  readonly maxBodyBytes?: number
}

/**
 * Sends OTLP 1.11 over HTTP, as JSON unless another encoder is given.
 * @throws {ClewError} `invalid_option` when a URL or a header cannot be used.
 */
export function otlp(options: OtlpOptions): Exporter {
  const { encoder = json(), maxBodyBytes = 4_000_000 } = options
  const to = receiver(options)
  const state = breaker()

  return {
    async export(batch, host) {
      const { spans, logs, scope, dropped } = batch
      if (!spans.length && !logs.length) return { ok: true }
      const maxTries = admit(state, host.now())
      if (!maxTries)
        return { ok: false, reason: 'breaker', message: 'the receiver failed repeatedly and is given a rest' }
      const deadlineMs = to.deadlineMs(host)
      const unsent = { ...batch, spans: [] as SpanRecord[], logs: [] as LogRecord[] }
      let failed: Extract<Reply, { ok: false }> | undefined
      let rejected = 0
      let message = ''

      const send = async (signal: Signal, whole: Batch): Promise<void> => {
        for (const { batch: part, body } of split(whole, encoder[signal], maxBodyBytes)) {
          const reply: Reply =
            failed?.alive === false
              ? failed
              : body instanceof Error
                ? { ok: false, reason: 'encoding', message: body.message, alive: true }
                : await to.send(
                    signal,
                    body,
                    encoder.contentType,
                    `${scope.name}/${scope.version}`,
                    host,
                    deadlineMs,
                    maxTries,
                  )
          if (reply.ok) {
            if (part.dropped === dropped) unsent.dropped = noDrops
            try {
              const answer = encoder.answer(reply.body)
              if (signal === 'traces') rejected += answer.rejected
              message ||= answer.message
            } catch {
              // The batch was taken with a 2xx, whatever else was said.
            }
          } else {
            if (failed?.alive !== false) failed = reply
            unsent.spans.push(...part.spans)
            unsent.logs.push(...part.logs)
          }
        }
      }

      await Promise.all([
        send('traces', { ...batch, logs: [] }),
        send('logs', { ...batch, spans: [], dropped: spans.length ? noDrops : dropped }),
      ])
      settle(state, failed?.alive !== false, host.now())
      return failed
        ? { ok: false, reason: failed.reason, message: failed.message, unsent, rejected }
        : { ok: true, rejected, message }
    },
  }
}
