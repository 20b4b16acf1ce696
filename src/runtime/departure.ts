// In: the spans of an invocation that has closed. Out: the decision whether they leave, and their export.
// Must stay true: never rejects and always settles; every span is exported once or counted with a reason.
import type { ExportResult } from '../flush/exporter.ts'
import type { Attributes, Batch, LogRecord, SpanRecord } from '../flush/model.ts'
import type { TailVerdict } from '../sampling/tail-sampler.ts'
import type { SpanBuffer } from './buffer.ts'
import type { Head } from './head.ts'
import { seal } from './limits.ts'
import type { Config } from './options.ts'
import type { OpenRecord } from './record.ts'
import { SCOPE } from './version.ts'

/** Gives every span that did not end an end and a mark. */
export function finish({ now }: Config, records: readonly OpenRecord[]): void {
  for (const record of records) {
    if (record.endMs === 0) {
      record.attributes['clew.unfinished'] = true
      record.endMs = Math.max(record.startMs, now())
    }
  }
}

/** What the tail sampler says, if there is one; its reasons are written onto the root. */
export function decideAtTail(config: Config, head: Head, root: OpenRecord, buffer: SpanBuffer): TailVerdict {
  const { attempt, tailSampler, now, random, record } = config
  const { isSampled, parent, scope } = head
  if (!tailSampler) return { keep: isSampled }
  const spans = buffer.records()
  const trace = {
    root,
    spans,
    dropped: buffer.started - spans.length,
    durationMs: root.endMs - root.startMs,
    headSampled: isSampled,
    onlyHeadSampled: record === 'sampled',
    parent,
    baggage: scope.baggage,
    nowMs: now(),
    random,
  }
  return attempt<TailVerdict>(
    () => {
      const verdict = tailSampler.decide(trace)
      const { policy, adjustedCount } = verdict
      if (policy !== undefined) root.attributes['clew.sampling.policy'] = policy
      if (adjustedCount !== undefined) root.attributes['clew.sampling.adjusted_count'] = adjustedCount
      return verdict
    },
    { keep: isSampled },
  )
}

/**
 * What leaves of the spans of a trace: without secrets, then within the limits and the budgets. What budgets fold together
 * is not lost, what they leave out is counted.
 */
export function leaving(
  { attempt, budgets, check, losses, limits, redactor }: Config,
  records: readonly OpenRecord[],
): readonly SpanRecord[] {
  for (const record of records) seal(record, limits, redactor)
  let spans: readonly SpanRecord[] = records
  attempt(() => check?.(spans), undefined)
  for (const budget of budgets)
    attempt(() => {
      const { spans: left, dropped } = budget(spans)
      losses.add('over_budget', dropped, 'more than the budget of one trace')
      spans = left
    }, undefined)
  return spans
}

/** Exports the spans within what the host leaves; answers itself where the exporter does not. */
export async function send(
  { exporter, fetch, losses, now, random, resource }: Config,
  host: Attributes | undefined,
  spans: readonly SpanRecord[],
  logs: readonly LogRecord[],
  budgetMs: number,
): Promise<void> {
  const batch: Batch = {
    resource: resource(host),
    scope: SCOPE,
    spans,
    logs,
    dropped: losses.take(),
  }
  const failure = (reason: 'timeout' | 'encoding', message: string): ExportResult => ({ ok: false, reason, message })
  let timer: ReturnType<typeof setTimeout> | undefined
  const answers = [
    new Promise<ExportResult>((answer) => answer(exporter.export(batch, { fetch, now, random, budgetMs }))).catch(
      (error) => failure('encoding', `the exporter failed: ${error}`),
    ),
  ]
  // Longer than any timer: no limit.
  if (!exporter.isTimely && budgetMs < 2 ** 31)
    answers.push(
      new Promise((answer) => {
        timer = setTimeout(() => answer(failure('timeout', 'the exporter did not answer')), budgetMs)
      }),
    )
  const result = await Promise.race(answers)
  if (timer) clearTimeout(timer)
  losses.settle(batch, result)
}
