// In: a batch. Out: an object in a bucket for its spans and one for its log records.
// Must stay true: keys sort by time and never collide: they end in the ids of the first record.
import type { Encoder } from './encoder.ts'
import type { Exporter } from './exporter.ts'
import { json } from './json.ts'
import { storeParts } from './parts.ts'
import type { Compression } from './receiver.ts'

/** An R2 bucket, as far as it is used. */
export interface Bucket {
  put(
    key: string,
    body: string | Uint8Array<ArrayBuffer>,
    options: { httpMetadata: { contentType: string; contentEncoding?: string } },
  ): Promise<unknown>
}

export interface R2ExporterOptions {
  /** Before every key. Default `otlp/`. */
  readonly prefix?: string
  /** Default `json()`. */
  readonly encoder?: Encoder
  readonly compression?: Compression
  /** Default 64 MiB, what an OTLP receiver is bound to take should the object be sent to one later. */
  readonly maxObjectBytes?: number
}

/** Keeps batches in R2, as `<prefix>traces/2026/11/20/23/<time>-<trace id>-<span id>.json`; the hour is UTC. */
export function r2Exporter(bucket: Bucket, options: R2ExporterOptions = {}): Exporter {
  const { prefix = 'otlp/', encoder = json(), compression, maxObjectBytes = 64 * 1024 * 1024 } = options
  const ending = /json/.test(encoder.contentType) ? 'json' : 'binpb'
  return {
    export: (batch, host) =>
      storeParts(batch, host, encoder, maxObjectBytes, async (body, signal, part) => {
        const packed = await compression?.compress(body).catch(() => undefined)
        const now = new Date(host.now()).toISOString()
        const { traceId, spanId } = part.spans[0] ?? part.logs[0]!
        const hour = now.slice(0, 13).replace(/[-T]/g, '/')
        const unique = `${traceId || '0'}-${spanId || Math.floor(host.random() * 2 ** 48).toString(16)}`
        const key = `${prefix}${signal}/${hour}/${now.slice(14, 23).replace(/[:.]/g, '')}-${unique}.${ending}${packed ? '.gz' : ''}`
        const httpMetadata = {
          contentType: encoder.contentType,
          ...(packed && compression && { contentEncoding: compression.name }),
        }
        return bucket.put(key, packed ?? body, { httpMetadata })
      }),
  }
}
