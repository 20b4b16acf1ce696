// In: exporters. Out: one that sends to all of them, or to the next when the first fails.
// Must stay true: what every exporter must: a value and no exception, within the budget; a loss is reported once.
import type { Exporter, ExportHost, ExportResult } from './exporter.ts'
import type { Batch } from './model.ts'

/** What the first of two exporters may use of the budget: the second needs time for a request of its own. */
const FIRST_SHARE = 0.6

/**
 * Sends every batch to all of them at once. A span counts as lost when any of them did not get it, so that no
 * destination can starve in silence; the reason is that of the first to fail.
 */
export function fanOut(...exporters: readonly Exporter[]): Exporter {
  return {
    async export(batch, host) {
      const results = await Promise.all(exporters.map((exporter) => guarded(exporter, batch, host)))
      const rejected = results.reduce((sum, result) => sum + (result.rejected ?? 0), 0)
      const failures = results.filter((result) => !result.ok)
      const [first] = failures
      if (!first) return { ok: true, rejected, message: results.map(({ message }) => message).find(Boolean) ?? '' }
      const parts = failures.map(({ unsent }) => unsent ?? batch)
      const spans = new Set(parts.flatMap((part) => part.spans))
      const logs = new Set(parts.flatMap((part) => part.logs))
      const unsent: Batch = {
        ...batch,
        spans: batch.spans.filter((span) => spans.has(span)),
        logs: batch.logs.filter((log) => logs.has(log)),
        // Somebody who was told is enough: told again, the counts would be added up twice.
        dropped:
          failures.length < results.length
            ? {}
            : parts.every((part) => part.dropped === batch.dropped)
              ? batch.dropped
              : {},
      }
      return { ok: false, reason: first.reason, message: first.message, unsent, rejected }
    },
  }
}

/**
 * Sends to `second` what `primary` could not deliver: another endpoint, a queue, a bucket. A span that timed out may
 * have arrived all the same; a receiver that gets it from both recognises it by its ids.
 */
export function fallback(primary: Exporter, second: Exporter): Exporter {
  return {
    async export(batch, host) {
      const startMs = host.now()
      const first = await guarded(primary, batch, { ...host, budgetMs: host.budgetMs * FIRST_SHARE })
      if (first.ok) return first
      const budgetMs = host.budgetMs - (host.now() - startMs)
      const next = await guarded(second, first.unsent ?? batch, { ...host, budgetMs })
      const rejected = (first.rejected ?? 0) + (next.rejected ?? 0)
      const message = `${first.message}; then ${next.ok ? 'delivered by the fallback' : next.message}`
      if (next.ok) return { ok: true, rejected, message }
      return { ...next, unsent: next.unsent ?? first.unsent ?? batch, rejected, message }
    },
  }
}

/** An exporter somebody else wrote may throw, or never answer. */
export function guarded(exporter: Exporter, batch: Batch, host: ExportHost): Promise<ExportResult> {
  return within(host, async () => exporter.export(batch, host))
}

/** What `work` answers, within the budget, as a value. */
export function within(host: ExportHost, work: () => Promise<ExportResult>): Promise<ExportResult> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve({ ok: false, reason: 'timeout', message: 'no answer in time' }),
      Math.min(host.budgetMs, 2 ** 31 - 1),
    )
    work()
      .catch((error): ExportResult => ({ ok: false, reason: 'network', message: String(error) }))
      .then((result) => {
        clearTimeout(timer)
        resolve(result)
      })
  })
}
