// In: the spans of an invocation that has closed. Out: the decision whether they leave, and their export.
// Must stay true: never rejects and always settles; every span is exported once or counted with a reason.
import type { Exporter, ExportHost, ExportResult } from '../flush/exporter.ts'
import type { Attributes, Batch } from '../flush/model.ts'
import type { TailVerdict } from '../sampling/tail-sampler.ts'
import type { OpenRecord, SpanBuffer } from './buffer.ts'
import type { Head } from './head.ts'
import { limitAttributes } from './limits.ts'
import type { Config } from './options.ts'
import { SCOPE } from './version.ts'

const NO_ATTRIBUTES: Attributes = {}

/** Gives every record an end and its limits, and counts what the buffer let go. */
export function finish(config: Config, buffer: SpanBuffer): readonly OpenRecord[] {
  const { limits, losses, now } = config
  const records = buffer.records()
  losses.add('buffer_full', buffer.started - records.length, `over ${limits.spanCountLimit} spans in one invocation`)
  for (const record of records) {
    if (record.endMs === 0) {
      record.attributes['clew.unfinished'] = true
      record.endMs = Math.max(record.startMs, now())
    }
    const { attributeCountLimit, attributeValueLengthLimit } = limits
    const { attributes, dropped } = limitAttributes(record.attributes, attributeCountLimit, attributeValueLengthLimit)
    record.attributes = attributes
    record.droppedAttributes += dropped
  }
  return records
}

/** Asks the tail sampler, if there is one, and writes its reasons onto the root. */
export function decideAtTail(config: Config, head: Head, root: OpenRecord, buffer: SpanBuffer): boolean {
  if (!config.tailSampler) return head.isSampled
  const spans = buffer.records()
  let verdict: TailVerdict = { keep: head.isSampled }
  try {
    verdict = config.tailSampler.decide({
      root,
      spans,
      dropped: buffer.started - spans.length,
      durationMs: root.endMs - root.startMs,
      headSampled: head.isSampled,
      parent: head.incoming.spanContext,
      baggage: head.incoming.baggage,
      nowMs: config.now(),
      random: config.random,
    })
  } catch (error) {
    config.failed(error)
  }
  const { attributes } = root
  if (verdict.policy !== undefined) attributes['clew.sampling.policy'] = verdict.policy
  if (verdict.adjustedCount !== undefined) attributes['clew.sampling.adjusted_count'] = verdict.adjustedCount
  if (verdict.traceState !== undefined) for (const span of spans) span.traceState = verdict.traceState
  return verdict.keep
}

/** Exports the spans within what the host leaves. */
export async function send(
  config: Config,
  hostAttributes: Attributes | undefined,
  spans: readonly OpenRecord[],
  budgetMs: number,
): Promise<void> {
  const { exporter, fetch, losses, now, random } = config
  const resource = config.resource(hostAttributes ?? NO_ATTRIBUTES)
  const batch: Batch = { resource, scope: SCOPE, spans, logs: [], dropped: losses.take() }
  losses.settle(batch, await inTime(exporter, batch, { fetch, now, random, budgetMs }))
}

/** The exporter's answer; or ours, when it breaks its promise to give one in time. */
async function inTime(exporter: Exporter, batch: Batch, host: ExportHost): Promise<ExportResult> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const answer = exporter.export(batch, host)
    if (host.budgetMs === Infinity) return await answer
    const late: ExportResult = { ok: false, reason: 'timeout', message: 'the exporter did not answer in time' }
    return await Promise.race([
      answer,
      new Promise<ExportResult>((resolve) => (timer = setTimeout(resolve, host.budgetMs, late))),
    ])
  } catch (error) {
    return { ok: false, reason: 'encoding', message: `the exporter failed: ${error}` }
  } finally {
    clearTimeout(timer)
  }
}
