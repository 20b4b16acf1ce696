// In: a batch. Out: one OTLP/HTTP request for its spans and one for its log records, if it has any.
// Must stay true: never rejects; settles within the host's budget; what did not arrive is in the result.
import { admit, breaker, RESTING, settle } from './breaker.ts'
import type { Encoder } from './encoder.ts'
import type { Exporter } from './exporter.ts'
import { json } from './json.ts'
import { type ReceiverOptions, receiver } from './receiver.ts'
import { deliver } from './split.ts'

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
    // Each post has its deadline; only a compression could go on for ever.
    isTimely: !options.compression,
    async export(batch, host) {
      const { spans, logs, scope } = batch
      if (!spans.length && !logs.length) return { ok: true }
      const maxTries = admit(state, host.now())
      if (!maxTries) return RESTING
      const deadlineMs = to.deadlineMs(host)
      const agent = `${scope.name}/${scope.version}`
      let rejected = 0
      let message = ''

      const { failed, unsent } = await deliver(batch, encoder, maxBodyBytes, async (body, signal) => {
        const reply = await to.send(signal, body, encoder.contentType, agent, host, deadlineMs, maxTries)
        try {
          const answer = reply.ok && encoder.answer(reply.body)
          if (answer) {
            if (signal === 'traces') rejected += answer.rejected
            message ||= answer.message
          }
        } catch {
          // The batch was taken with a 2xx, whatever else was said.
        }
        return reply
      })
      settle(state, failed?.alive !== false, host.now())
      return failed
        ? { ok: false, reason: failed.reason, message: failed.message, unsent, rejected }
        : { ok: true, rejected, message }
    },
  }
}
