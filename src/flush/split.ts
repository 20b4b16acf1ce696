// In: a batch of one signal. Out: the bodies to send, one after the other, each with the part of the batch it holds.
// Must stay true: no body is over the limit; a record that cannot be encoded costs itself and no other; the drop counts
// are told once.
import { noDrops } from './drops.ts'
import type { Batch } from './model.ts'

/** Text or bytes as `fetch` takes them. */
export type Body = string | Uint8Array<ArrayBuffer>

export interface Part {
  readonly batch: Batch
  /** The encoded body, or why there is none. */
  readonly body: Body | Error
}

/** Encodes a batch, in halves for as long as it is too large or a record in it throws. Lazy: one body at a time. */
export function* split(batch: Batch, encode: (batch: Batch) => Body, maxBytes: number): Generator<Part> {
  const { spans, logs } = batch
  const count = spans.length + logs.length
  if (!count) return
  let body: Body | Error
  try {
    body = encode(batch)
    // A UTF-16 code unit is at most three bytes of UTF-8: only a text that may be too large is measured.
    if (typeof body === 'string' && body.length * 3 > maxBytes)
      body = new TextEncoder().encode(body) as Uint8Array<ArrayBuffer>
    if (body.length > maxBytes) body = new Error(`a record of ${body.length} bytes`)
  } catch (error) {
    body = error as Error
  }
  if (count < 2 || typeof body === 'string' || body instanceof Uint8Array) yield { batch, body }
  else {
    const half = count >> 1
    yield* split({ ...batch, spans: spans.slice(0, half), logs: logs.slice(0, half) }, encode, maxBytes)
    yield* split({ ...batch, spans: spans.slice(half), logs: logs.slice(half), dropped: noDrops }, encode, maxBytes)
  }
}
