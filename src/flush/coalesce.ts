// In: the batches of concurrent invocations of one isolate. Out: one export for all of them.
// Must stay true: what invocations share is plain data; each waits on its own timers, keeps its batch until it has been
// acknowledged, and sends it itself when the one that should have is gone. A leader's death costs time, never a span.
import { guarded } from './compose.ts'
import { mergeDrops, noDrops } from './drops.ts'
import type { Exporter, ExportHost, ExportResult } from './exporter.ts'
import type { Batch, DropCounts, LogRecord, SpanRecord } from './model.ts'

export interface CoalesceOptions {
  /**
   * Milliseconds a batch waits for others. Default 200. The wait is after the response and costs no CPU; together with
   * the export it must fit in the host's budget, or the batch goes alone.
   */
  readonly waitMs?: number
  /** Records in one export. Default 2,000. Beyond, the next invocation leads another one. */
  readonly maxRecords?: number
  /**
   * Milliseconds after which a leader that has said nothing counts as gone and its followers send their own copies.
   * Default 5,000. What it had sent all the same arrives twice; receivers know a span by its ids.
   */
  readonly leaseMs?: number
}

/** One invocation's batch, while it waits. Plain data: other invocations read and write it. */
interface Entry {
  readonly batch: Batch
  /** Epoch milliseconds until which somebody else is sending it; 0: nobody is. */
  takenUntilMs: number
  result: ExportResult | undefined
}

/** Batches that may wait at once. A thousand of ten spans are five megabytes; beyond, a batch goes alone. */
export const MAX_WAITING = 1000
/** How often a follower looks whether it has been served. */
const LOOK_MS = 20

/**
 * Sends the batches of concurrent invocations together: fewer requests, which are most of what tracing costs. Off
 * unless asked for, because a trace then arrives up to `waitMs` later and its invocation lives that much longer.
 */
export function coalesce(exporter: Exporter, options: CoalesceOptions = {}): Exporter {
  const { waitMs = 200, maxRecords = 2000, leaseMs = 5000 } = options
  /** Not yet acknowledged, oldest first. An invocation that dies leaves its entry for the others to send. */
  const waiting = new Set<Entry>()
  /** Epoch milliseconds until which a leader gathers. */
  let gatheringUntilMs = 0

  async function lead(own: Entry, host: ExportHost): Promise<ExportResult> {
    const now = host.now()
    const group = [own]
    let records = size(own.batch)
    for (const entry of waiting) {
      if (entry === own || entry.takenUntilMs > now || !isSameSource(entry.batch, own.batch)) continue
      if (records + size(entry.batch) > maxRecords) break
      records += size(entry.batch)
      group.push(entry)
    }
    for (const entry of group) entry.takenUntilMs = now + leaseMs
    const result = await guarded(exporter, merge(group), { ...host, budgetMs: Math.min(host.budgetMs, leaseMs) })
    for (const entry of group) {
      entry.result ??= share(entry, result, entry === own)
      waiting.delete(entry)
    }
    return own.result ?? result
  }

  return {
    async export(batch, host) {
      const startMs = host.now()
      const budgetMs = () => host.budgetMs - (host.now() - startMs)
      if (waiting.size >= MAX_WAITING || budgetMs() < 3 * waitMs) return guarded(exporter, batch, host)
      const own: Entry = { batch, takenUntilMs: 0, result: undefined }
      waiting.add(own)
      let isLeader = startMs >= gatheringUntilMs
      if (isLeader) {
        gatheringUntilMs = startMs + waitMs
        await sleep(waitMs)
      }
      for (;;) {
        if (own.result) return own.result
        const now = host.now()
        const isFree = own.takenUntilMs <= now
        // Its leader has had its time and a moment more, or there is just enough budget left to do it oneself.
        isLeader ||= isFree && now >= gatheringUntilMs + LOOK_MS
        if ((isLeader && isFree) || budgetMs() < host.budgetMs / 3) return lead(own, { ...host, budgetMs: budgetMs() })
        await sleep(LOOK_MS)
      }
    },
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const size = (batch: Batch): number => batch.spans.length + batch.logs.length

export const isSameSource = (a: Batch, b: Batch): boolean => a.resource === b.resource && a.scope === b.scope

export function merge(group: readonly Pick<Entry, 'batch'>[]): Batch {
  const { resource, scope } = group[0]!.batch
  const spans: SpanRecord[] = []
  const logs: LogRecord[] = []
  let dropped: DropCounts = noDrops
  for (const { batch } of group) {
    spans.push(...batch.spans)
    logs.push(...batch.logs)
    dropped = mergeDrops(dropped, batch.dropped)
  }
  return { resource, scope, spans, logs, dropped }
}

/** One invocation's part of what became of all. What the receiver rejected cannot be told apart: the leader counts it. */
export function share(entry: Pick<Entry, 'batch'>, result: ExportResult, isLeader: boolean): ExportResult {
  const rejected = isLeader ? (result.rejected ?? 0) : 0
  if (result.ok) return { ...result, rejected }
  if (!result.unsent) return { ...result, rejected }
  const unsentSpans = new Set(result.unsent.spans)
  const unsentLogs = new Set(result.unsent.logs)
  const isTold = !Object.keys(result.unsent.dropped).length
  const unsent: Batch = {
    ...entry.batch,
    spans: entry.batch.spans.filter((span) => unsentSpans.has(span)),
    logs: entry.batch.logs.filter((log) => unsentLogs.has(log)),
    dropped: isTold ? noDrops : entry.batch.dropped,
  }
  if (!size(unsent) && isTold) return { ok: true, rejected }
  return { ...result, unsent, rejected }
}
