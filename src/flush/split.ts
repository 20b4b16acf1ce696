// In: a batch. Out: its encoded bodies, handed over one after the other, and what became of all of them.
// Must stay true: no body is over the limit; a record that cannot be encoded costs itself and no other; the drop counts
// are told once; what nobody took is in `unsent`.
import { noDrops } from './drops.ts'
import type { Encoder } from './encoder.ts'
import type { ExportResult } from './exporter.ts'
import type { Batch, DropCounts, LogRecord, SpanRecord } from './model.ts'
import type { Body, Refusal, Reply } from './post.ts'

/** The two signals by their names in OTLP's paths. */
export type Signal = 'traces' | 'logs'

/**
 * Encodes a batch, in halves for as long as it is too large or a record in it throws, and sends each body, until one finds
 * nobody alive. `send` never rejects.
 */
export async function deliver(
  batch: Batch,
  encoder: Pick<Encoder, Signal>,
  maxBytes: number,
  send: (body: Body, signal: Signal, part: Batch) => Promise<Reply>,
): Promise<ExportResult> {
  const delivery: Delivery = {
    encoder,
    maxBytes,
    send,
    unsent: { ...batch, spans: [], logs: [] },
    failed: undefined,
    rejected: 0,
    message: '',
  }
  await Promise.all([
    sendPart(delivery, 'traces', { ...batch, logs: [] }),
    sendPart(delivery, 'logs', { ...batch, spans: [], ...(batch.spans.length && { dropped: noDrops }) }),
  ])
  const { failed, unsent, rejected, message } = delivery
  return failed ? { ...failed, unsent, rejected } : { ok: true, rejected, message }
}

/** One batch on its way, and what is known of it. */
interface Delivery {
  readonly encoder: Pick<Encoder, Signal>
  readonly maxBytes: number
  send(body: Body, signal: Signal, part: Batch): Promise<Reply>
  readonly unsent: Omit<Batch, 'dropped'> & { spans: SpanRecord[]; logs: LogRecord[]; dropped: DropCounts }
  failed: Refusal | undefined
  rejected: number
  message: string
}

async function sendPart(to: Delivery, signal: Signal, part: Batch): Promise<void> {
  const { spans, logs } = part
  const count = spans.length + logs.length
  if (!count) return
  let reply: Reply = to.failed!
  if (to.failed?.alive !== false)
    try {
      let body: Body = to.encoder[signal](part)
      // A UTF-16 code unit is at most three bytes of UTF-8: only a text that may be too large is measured.
      if (body.length * 3 > to.maxBytes && typeof body === 'string')
        body = new TextEncoder().encode(body) as Uint8Array<ArrayBuffer>
      if (body.length > to.maxBytes) throw new Error(`a record of ${body.length} bytes`)
      reply = await to.send(body, signal, part)
    } catch (error) {
      if (count > 1) {
        const half = count >> 1
        await sendPart(to, signal, { ...part, spans: spans.slice(0, half), logs: logs.slice(0, half) })
        return sendPart(to, signal, { ...part, spans: spans.slice(half), logs: logs.slice(half), dropped: noDrops })
      }
      reply = { ok: false, reason: 'encoding', message: String(error), alive: true }
    }
  if (reply.ok) {
    if (part.dropped !== noDrops) to.unsent.dropped = noDrops
    if (spans.length) to.rejected += reply.rejected ?? 0
    to.message ||= reply.message ?? ''
  } else {
    to.failed = reply
    to.unsent.spans.push(...spans)
    to.unsent.logs.push(...logs)
  }
}
