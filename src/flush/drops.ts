// In: losses by reason. Out: their sums, their names on the wire, and what is still owed after an export.
// Must stay true: pure; a loss is counted once and stays owed until a receiver has acknowledged a batch that tells of it.
import type { ExportResult } from './exporter.ts'
import type { Attributes, Batch, DropCounts, DropReason } from './model.ts'

export const noDrops: DropCounts = {}

/** `counts` with `count` more losses for `reason`; `counts` itself when `count` is 0. */
export const addDrops = (counts: DropCounts, reason: DropReason, count: number): DropCounts =>
  count > 0 ? { ...counts, [reason]: (counts[reason] ?? 0) + count } : counts

export function mergeDrops(a: DropCounts, b: DropCounts): DropCounts {
  for (const reason in b) a = addDrops(a, reason as DropReason, b[reason as DropReason] ?? 0)
  return a
}

export function totalDrops(counts: DropCounts): number {
  let total = 0
  for (const reason in counts) total += counts[reason as DropReason] ?? 0
  return total
}

/** The spans of `batch` that `result` says are lost, by reason. */
export function lost(batch: Batch, result: ExportResult): DropCounts {
  const rejected = addDrops(noDrops, 'rejected', result.rejected ?? 0)
  if (result.ok) return rejected
  const { spans, logs } = result.unsent ?? batch
  return addDrops(addDrops(rejected, result.reason, spans.length), 'logs', logs.length)
}

/**
 * What is to be told with a later batch: the losses of this one, and those it should have told of and could not.
 * A tracer takes its pending counts when it makes a batch, and afterwards adds what this returns.
 */
export const outstanding = (batch: Batch, result: ExportResult): DropCounts =>
  mergeDrops(result.ok ? noDrops : (result.unsent ?? batch).dropped, lost(batch, result))

/** The counts as attributes of our own scope: `clew.dropped.<reason>`, the number of spans lost since the last told. */
export function dropAttributes(counts: DropCounts): Attributes {
  return Object.fromEntries(Object.entries(counts).map(([reason, count]) => [`clew.dropped.${reason}`, count]))
}

/** Told of every loss as it happens. */
export type OnDrop = (reason: DropReason, count: number, message: string) => void

/** Texts told apart, so that a failure in every request is reported once and a new one is still heard. */
const MAX_TEXTS = 20

/** Prints each text once in the life of the isolate; those with the same `key` count as the same. */
export function printOnce(
  print: (message: string) => void = (message) => console.warn(message),
): (text: string, key?: string) => void {
  const told = new Set<string>()
  return (text, key = text) => {
    if (told.has(key) || told.size >= MAX_TEXTS) return
    told.add(key)
    print(`clew: ${text}. This is said once.`)
  }
}

/** The default: a warning for each reason. Sampling is a choice and not a loss: it is counted and never warned of. */
export function warnOncePerReason(print?: (message: string) => void): OnDrop {
  const say = printOnce(print)
  return (reason, count, message) => {
    if (reason !== 'sampled_out') say(`${count} lost (${reason}): ${message}`, reason)
  }
}
