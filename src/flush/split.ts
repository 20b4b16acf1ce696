// In: a batch. Out: its encoded bodies, handed over one after the other, and what became of all of them.
// Must stay true: no body is over the limit; a record that cannot be encoded costs itself and no other; the drop counts
// are told once; what nobody took is in `unsent`.
import { noDrops } from './drops.ts'
import type { Encoder } from './encoder.ts'
import type { Batch, DropCounts, DropReason, LogRecord, SpanRecord } from './model.ts'

/** Text or bytes as `fetch` takes them. */
export type Body = string | Uint8Array<ArrayBuffer>

/** The two signals by their names in OTLP's paths. */
export type Signal = 'traces' | 'logs'

/** Why a body was not taken. `alive`: the next one may be. */
export interface Refusal {
  readonly ok: false
  readonly reason: DropReason
  readonly message: string
  readonly alive: boolean
}

/** What is left of a batch, and the first reason for it. */
export interface Delivery {
  readonly failed: Refusal | undefined
  readonly unsent: Batch
}

/**
 * Encodes a batch, in halves for as long as it is too large or a record in it throws, and sends each body, until one finds
 * nobody alive. `send` never rejects.
 */
export async function deliver(
  batch: Batch,
  encoder: Pick<Encoder, Signal>,
  maxBytes: number,
  send: (body: Body, signal: Signal, part: Batch) => Promise<{ readonly ok: true } | Refusal>,
): Promise<Delivery> {
  let failed: Refusal | undefined
  const unsent = { ...batch, spans: [] as SpanRecord[], logs: [] as LogRecord[] }

  async function part(
    signal: Signal,
    spans: readonly SpanRecord[],
    logs: readonly LogRecord[],
    dropped: DropCounts,
  ): Promise<void> {
    const count = spans.length + logs.length
    if (!count) return
    let reply: { readonly ok: true } | Refusal | undefined = failed?.alive === false ? failed : undefined
    if (!reply) {
      const whole = { ...batch, spans, logs, dropped }
      try {
        let body: Body = encoder[signal](whole)
        // A UTF-16 code unit is at most three bytes of UTF-8: only a text that may be too large is measured.
        if (typeof body === 'string' && body.length * 3 > maxBytes)
          body = new TextEncoder().encode(body) as Uint8Array<ArrayBuffer>
        if (body.length > maxBytes) throw new Error(`a record of ${body.length} bytes`)
        reply = await send(body, signal, whole)
      } catch (error) {
        if (count > 1) {
          const half = count >> 1
          await part(signal, spans.slice(0, half), logs.slice(0, half), dropped)
          return part(signal, spans.slice(half), logs.slice(half), noDrops)
        }
        reply = { ok: false, reason: 'encoding', message: (error as Error).message, alive: true }
      }
    }
    if (reply.ok) {
      if (dropped !== noDrops) unsent.dropped = noDrops
      return
    }
    if (failed?.alive !== false) failed = reply
    unsent.spans.push(...spans)
    unsent.logs.push(...logs)
  }

  const { spans, logs, dropped } = batch
  await Promise.all([part('traces', spans, [], dropped), part('logs', [], logs, spans.length ? noDrops : dropped)])
  return { failed, unsent }
}
