// In: spans that did not leave, and what became of exports. Out: counts that go out with the next export, and warnings.
// Must stay true: plain data, one object a tracer, shared by the isolate; a hook that throws changes nothing.
import { addDrops, lost, mergeDrops, noDrops, type OnDrop } from '../flush/drops.ts'
import type { ExportResult } from '../flush/exporter.ts'
import type { Batch, DropCounts, DropReason } from '../flush/model.ts'

export interface Losses {
  /** Counts `count` spans lost and tells the hook. */
  add(reason: DropReason, count: number, message: string): void
  /** Takes what has not been told yet, to be told with a batch. */
  take(): DropCounts
  /** Counts what a batch lost, and owes again what it could not tell. */
  settle(batch: Batch, result: ExportResult): void
}

export function losses(onDrop: OnDrop): Losses {
  let owed = noDrops
  const add: Losses['add'] = (reason, count, message) => {
    if (count <= 0) return
    owed = addDrops(owed, reason, count)
    onDrop(reason, count, message)
  }
  return {
    add,
    take() {
      const told = owed
      owed = noDrops
      return told
    },
    settle(batch, result) {
      if (!result.ok) owed = mergeDrops(owed, (result.unsent ?? batch).dropped)
      const counts = lost(batch, result)
      for (const reason in counts)
        add(reason as DropReason, counts[reason as DropReason] ?? 0, result.message ?? 'refused by the receiver')
    },
  }
}
