// In: the batches of many requests of a long-lived process. Out: fewer, larger exports, by size and by time.
// Must stay true: every caller learns what became of its own batch; what waits leaves when the process ends; the wait keeps
// no process alive.
import { isSameSource, merge, share, size } from '../../flush/coalesce.ts'
import type { Exporter, ExportHost, ExportResult } from '../../flush/exporter.ts'
import type { Batch } from '../../flush/model.ts'
import { onStop } from './stop.ts'

export interface BatchingOptions {
  /** Milliseconds a span waits at most. Default 5,000, as `OTEL_BSP_SCHEDULE_DELAY`. */
  readonly delayMs?: number
  /** Spans and log records that make an export leave at once. Default 512, as `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`. */
  readonly maxRecords?: number
  /** Records that may wait or be under way; beyond, batches are refused and counted. Default 2,048, as `OTEL_BSP_MAX_QUEUE_SIZE`. */
  readonly maxQueuedRecords?: number
}

export interface BatchingExporter extends Exporter {
  /** Sends what waits; resolves when it has been answered. */
  flush(): Promise<void>
}

interface Waiting {
  readonly batch: Batch
  readonly host: ExportHost
  settle(result: ExportResult): void
}

/**
 * Collects the batches of a long-lived process: `exporter: batching(otlp({ url }))`. Flushes at SIGTERM and `beforeExit`.
 * Not for hosts that stop after a response: there it would wait for a time that does not come.
 */
export function batching(exporter: Exporter, options: BatchingOptions = {}): BatchingExporter {
  const { delayMs = 5000, maxRecords = 512, maxQueuedRecords = 2048 } = options
  let waiting: Waiting[] = []
  let queued = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let isListening = false
  /** The process was asked to stop: nothing waits any more. */
  let isStopping = false
  const leaving = new Set<Promise<void>>()

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const groups: Waiting[][] = []
    for (const one of waiting) {
      const group = groups.find(([first]) => isSameSource(first!.batch, one.batch))
      if (group) group.push(one)
      else groups.push([one])
    }
    waiting = []
    for (const group of groups) {
      const gone = send(group).finally(() => leaving.delete(gone))
      leaving.add(gone)
    }
    await Promise.all(leaving)
  }

  async function send(group: readonly Waiting[]): Promise<void> {
    const batch = merge(group)
    let result: ExportResult
    try {
      result = await exporter.export(batch, group[0]!.host)
    } catch (error) {
      result = { ok: false, reason: 'encoding', message: `the exporter failed: ${error}` }
    }
    queued -= size(batch)
    group.forEach((one, index) => {
      one.settle(share(one, result, index === 0))
    })
  }

  function listen(): void {
    if (isListening) return
    isListening = true
    onStop(() => {
      isStopping = true
      return flush()
    })
  }

  return {
    flush,
    async export(batch, host) {
      listen()
      const records = size(batch)
      if (queued + records > maxQueuedRecords && queued > 0)
        return { ok: false, reason: 'buffer_full', message: `over ${maxQueuedRecords} records waiting` }
      queued += records
      return new Promise((settle) => {
        waiting.push({ batch, host, settle })
        if (isStopping || waiting.reduce((sum, one) => sum + size(one.batch), 0) >= maxRecords) flush()
        else if (timer === undefined) {
          timer = setTimeout(flush, delayMs)
          ;(timer as { unref?(): void }).unref?.()
        }
      })
    },
  }
}
