// In: a batch and a store that takes encoded parts of it. Out: what became of all of them.
// Must stay true: a part that the store refused is in `unsent`, and the others are not.
import { within } from './compose.ts'
import { noDrops } from './drops.ts'
import type { Encoder } from './encoder.ts'
import type { ExportHost, ExportResult } from './exporter.ts'
import type { Batch, LogRecord, SpanRecord } from './model.ts'
import type { Signal } from './receiver.ts'
import { type Body, split } from './split.ts'

/** Hands each encoded part of `batch` to `store`, one after the other; one that throws has not taken it. */
export function storeParts(
  batch: Batch,
  host: ExportHost,
  encoder: Encoder,
  maxBytes: number,
  store: (body: Body, signal: Signal, part: Batch) => unknown,
): Promise<ExportResult> {
  const unsent = { ...batch, spans: [...batch.spans] as SpanRecord[], logs: [...batch.logs] as LogRecord[] }
  let failed: { reason: 'encoding' | 'network'; message: string } | undefined
  const send = async (): Promise<ExportResult> => {
    for (const signal of ['traces', 'logs'] as const) {
      const whole =
        signal === 'traces'
          ? { ...batch, logs: [] }
          : { ...batch, spans: [], dropped: batch.spans.length ? noDrops : batch.dropped }
      for (const { batch: part, body } of split(whole, encoder[signal], maxBytes)) {
        try {
          if (body instanceof Error) throw body
          await store(body, signal, part)
          if (part.dropped === batch.dropped) unsent.dropped = noDrops
          const taken = new Set<unknown>([...part.spans, ...part.logs])
          unsent.spans = unsent.spans.filter((span) => !taken.has(span))
          unsent.logs = unsent.logs.filter((log) => !taken.has(log))
        } catch (error) {
          failed = { reason: body instanceof Error ? 'encoding' : 'network', message: String(error) }
        }
      }
    }
    return failed ? { ok: false, ...failed, unsent } : { ok: true }
  }
  return within(host, send).then((result) =>
    result.ok || result.unsent ? result : { ...result, unsent: { ...unsent } },
  )
}
