// In: a batch and a store that takes encoded parts of it. Out: what became of all of them.
// Must stay true: a part that the store refused is in `unsent`, and the others are not, also when time was up.
import { within } from './compose.ts'
import { noDrops } from './drops.ts'
import type { Encoder } from './encoder.ts'
import type { ExportHost, ExportResult } from './exporter.ts'
import type { Batch } from './model.ts'
import type { Body } from './post.ts'
import { deliver, type Signal } from './split.ts'

/** Hands each encoded part of `batch` to `store`; one that throws has not taken it. */
export async function storeParts(
  batch: Batch,
  host: ExportHost,
  encoder: Encoder,
  maxBytes: number,
  store: (body: Body, signal: Signal, part: Batch) => unknown,
): Promise<ExportResult> {
  const taken = new Set<unknown>()
  let { dropped } = batch
  const result = await within(host, () =>
    deliver(batch, encoder, maxBytes, async (body, signal, part) => {
      try {
        await store(body, signal, part)
      } catch (error) {
        return { ok: false, reason: 'network', message: String(error), alive: true }
      }
      for (const record of [...part.spans, ...part.logs]) taken.add(record)
      if (part.dropped === batch.dropped) dropped = noDrops
      return { ok: true }
    }),
  )
  if (result.ok) return { ok: true }
  if (result.unsent) return result
  const left = (record: unknown): boolean => !taken.has(record)
  return { ...result, unsent: { ...batch, spans: batch.spans.filter(left), logs: batch.logs.filter(left), dropped } }
}
