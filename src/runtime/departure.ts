// In: the spans of an invocation that are to leave. Out: the decision whether they do, and their export.
// Must stay true: never rejects and always settles; every span is exported once or counted with a reason; the verdict is
// final: what comes late goes the way of the first.
import type { Exporter, ExportHost, ExportResult } from '../flush/exporter.ts'
import type { Batch, SpanRecord } from '../flush/model.ts'
import type { TailVerdict } from '../sampling/tail-sampler.ts'
import type { SpanBuffer } from './buffer.ts'
import type { Head } from './head.ts'
import type { InvocationStart } from './invocation-start.ts'
import { seal } from './limits.ts'
import type { Config } from './options.ts'
import type { OpenRecord } from './record.ts'
import { SCOPE } from './version.ts'

/** Longer than any timer of a host (HTML, "timers": a signed 32-bit integer): no limit. */
const NO_LIMIT_MS = 2 ** 31

/** Lets the spans of one invocation leave: asked once or more, with what leaves and whether it is all there will be at the close. */
export type Departure = (leaving: SpanBuffer, isClosed: boolean) => Promise<void>

/** `budgetMs`: what the host leaves, asked when an export begins. */
export function departure(
  config: Config,
  head: Head,
  root: OpenRecord,
  { resource, endsCalls = false }: Pick<InvocationStart<unknown>, 'resource' | 'endsCalls'>,
  budgetMs: () => number,
): Departure {
  const { attempt, budgets, check, fetch, limits, logs, losses, metrics, now, random, redactor } = config
  let verdict: TailVerdict | undefined
  let isCounted = false

  return async (leaving, isClosed) => {
    try {
      const records = leaving.records()
      losses.add('buffer_full', leaving.started - records.length, `over ${limits.spanCountLimit} spans at once`)
      for (const record of records)
        if (record.endMs === 0) {
          record.attributes['clew.unfinished'] = true
          record.endMs = Math.max(record.startMs, now())
        }
      verdict ??= decideAtTail(config, head, root, leaving)
      const { keep, traceState } = verdict
      let spans: readonly SpanRecord[] = keep ? records : []
      if (!keep && head.mayStay) losses.add('sampled_out', records.length, 'not chosen by the sampler')
      if (keep) {
        for (const record of records) {
          // What was continued from another trace has that one's state.
          if (traceState !== undefined && record.traceId === head.identity.traceId) record.traceState = traceState
          seal(record, limits, redactor)
        }
        attempt(() => check?.(spans))
        // What budgets fold together is not lost, what they leave out is counted.
        for (const budget of budgets)
          attempt(() => {
            const { spans: left, dropped } = budget(spans)
            losses.add('over_budget', dropped, 'more than the budget of one trace')
            spans = left
          })
      }
      const { independentFrom = Infinity } = logs
      const left = keep ? leaving.logs : leaving.logs.filter((log) => log.severityNumber >= independentFrom)
      const host = { fetch, now, random, budgetMs: Math.max(0, budgetMs()), endsCalls }
      const who = config.resource(resource)
      const sent = (keep || left.length) && send(config, { resource: who, scope: SCOPE, spans, logs: left }, host)
      if (metrics && isClosed) {
        if (!isCounted) metrics.record(root, keep)
        isCounted = true
        await metrics.send(host, () => who, losses)
      }
      await sent
    } catch (error) {
      config.failed(error)
    }
  }
}

/** What the tail sampler says, if there is one; its reasons are written onto the root. */
function decideAtTail(config: Config, head: Head, root: OpenRecord, buffer: SpanBuffer): TailVerdict {
  const { attempt, tailSampler, now, random, record } = config
  const { isSampled, mayStay, parent, scope } = head
  const asHead = { keep: isSampled }
  if (!tailSampler || !mayStay) return asHead
  return attempt(() => {
    const spans = buffer.records()
    const verdict = tailSampler.decide({
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
    })
    const { policy, adjustedCount } = verdict
    if (policy !== undefined) root.attributes['clew.sampling.policy'] = policy
    if (adjustedCount !== undefined) root.attributes['clew.sampling.adjusted_count'] = adjustedCount
    return verdict
  }, asHead)
}

/** Exports within what the host leaves; answers itself where the exporter does not. */
async function send({ exporter, losses }: Config, what: Omit<Batch, 'dropped'>, host: ExportHost): Promise<void> {
  const batch = { ...what, dropped: losses.take() }
  let timer: ReturnType<typeof setTimeout> | undefined
  let answer = ask(exporter, batch, host)
  if (!exporter.isTimely && host.budgetMs < NO_LIMIT_MS) {
    const late = new Promise<ExportResult>((resolve) => {
      const result: ExportResult = { ok: false, reason: 'timeout', message: 'the exporter did not answer' }
      timer = setTimeout(() => resolve(result), host.budgetMs)
    })
    answer = Promise.race([answer, late])
  }
  losses.settle(batch, await answer)
  if (timer) clearTimeout(timer)
}

async function ask(exporter: Exporter, batch: Batch, host: ExportHost): Promise<ExportResult> {
  try {
    return await exporter.export(batch, host)
  } catch (error) {
    return { ok: false, reason: 'encoding', message: `the exporter failed: ${error}` }
  }
}
