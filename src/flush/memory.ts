// In: batches. Out: the same, kept for tests to look at.
// Must stay true: what is read is what was exported, in order.
import type { Exporter } from './exporter.ts'
import type { Batch, SpanRecord } from './model.ts'

export interface MemoryExporter extends Exporter {
  /** Every batch since the last reset. */
  readonly batches: readonly Batch[]
  /** The spans of all batches. */
  readonly spans: readonly SpanRecord[]
  reset(): void
}

/** Keeps what it is given (OpenTelemetry specification, "In-memory exporter"). For tests: it has no bound. */
export function memoryExporter(): MemoryExporter {
  let batches: Batch[] = []
  return {
    get batches() {
      return batches
    },
    get spans() {
      return batches.flatMap((batch) => batch.spans)
    },
    reset() {
      batches = []
    },
    async export(batch) {
      batches.push(batch)
      return { ok: true }
    },
  }
}
