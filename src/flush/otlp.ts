// In: a batch. Out: one OTLP/HTTP request for its spans and one for its log records, if it has any.
// Must stay true: never rejects; settles within the host's budget; what did not arrive is in the result.
import type { Encoder } from './encoder.ts'
import type { Exporter } from './exporter.ts'
import { json } from './json.ts'
import { type ReceiverOptions, receiver } from './receiver.ts'
import { deliver } from './split.ts'

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
export function otlp({ encoder = json(), maxBodyBytes = 4_000_000, ...options }: OtlpOptions): Exporter {
  const open = receiver(options)
  return {
    // Each post has its deadline; only a compression could go on for ever.
    isTimely: !options.compression,
    export(batch, host) {
      const { name, version } = batch.scope
      const send = open(host, `${name}/${version} OTel-OTLP-Exporter-JavaScript/${version}`, encoder)
      return deliver(batch, encoder, maxBodyBytes, send)
    },
  }
}
