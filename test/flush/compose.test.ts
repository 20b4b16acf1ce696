// Exporters made of exporters, and those that keep batches somewhere else than at a receiver.
import { describe, expect, it } from 'vitest'
import {
  addDrops,
  type Batch,
  type DropReason,
  type Exporter,
  type ExportHost,
  type ExportResult,
  fallback,
  fanOut,
  lost,
  memoryExporter,
  mergeDrops,
  noDrops,
  outstanding,
  queueExporter,
  r2Exporter,
  stdoutExporter,
  totalDrops,
  warnOncePerReason,
} from '../../src/flush.ts'
import { decodeTraces } from '../otlp-decode.ts'
import { batch, host, log, span, spans } from './records.ts'

const failing = (
  result: Partial<Extract<ExportResult, { ok: false }>> = {},
): Exporter & { calls: [Batch, ExportHost][] } => {
  const calls: [Batch, ExportHost][] = []
  return {
    calls,
    export: async (...call) => {
      calls.push(call)
      return { ok: false, reason: 'network', message: 'down', ...result }
    },
  }
}
const throwing: Exporter = {
  export: () => {
    throw new Error('bug')
  },
}
const silent: Exporter = { export: () => new Promise(() => {}) }

describe('fanOut', () => {
  it('sends every batch to all', async () => {
    const [a, b] = [memoryExporter(), memoryExporter()]
    const from = batch({ spans: spans(2) })
    expect(await fanOut(a, b).export(from, host())).toMatchObject({ ok: true })
    expect([a.batches, b.batches]).toEqual([[from], [from]])
  })

  it('reports what one of them did not get, and that the drops have been told', async () => {
    const from = batch({ spans: spans(2), dropped: { late: 1 } })
    const partly = failing({ unsent: { ...from, spans: [from.spans[1]!] } })
    expect(await fanOut(memoryExporter(), partly).export(from, host())).toMatchObject({
      ok: false,
      reason: 'network',
      unsent: { spans: [from.spans[1]], dropped: {} },
    })
    expect(await fanOut(failing(), failing()).export(from, host())).toMatchObject({ unsent: { dropped: { late: 1 } } })
  })

  it.each([
    ['throws', throwing, 'network'],
    ['never answers', silent, 'timeout'],
  ])('outlives an exporter that %s', async (_, broken, reason) => {
    const good = memoryExporter()
    const answer = await fanOut(broken, good).export(batch({ spans: [span()] }), host({ budgetMs: 50 }))
    expect(answer).toMatchObject({ ok: false, reason })
    expect(good.spans).toHaveLength(1)
  })
})

describe('fallback', () => {
  it('leaves the second alone while the first delivers', async () => {
    const [first, second] = [memoryExporter(), memoryExporter()]
    expect(await fallback(first, second).export(batch({ spans: spans(1) }), host())).toMatchObject({ ok: true })
    expect([first.spans.length, second.spans.length]).toEqual([1, 0])
  })

  it('gives the second what the first could not deliver, and what is left of the budget', async () => {
    const from = batch({ spans: spans(3), dropped: { late: 1 } })
    const unsent = { ...from, spans: from.spans.slice(1), dropped: {} }
    const second = memoryExporter()
    const first = failing({ unsent, rejected: 1 })
    const answer = await fallback(first, second).export(from, host({ budgetMs: 1000 }))
    expect(answer).toMatchObject({ ok: true, rejected: 1 })
    expect(second.batches).toEqual([unsent])
    expect(first.calls[0]![1].budgetMs).toBe(600)
  })

  it('reports what neither could deliver', async () => {
    const from = batch({ spans: spans(3) })
    const left = { ...from, spans: [from.spans[2]!] }
    const answer = await fallback(failing(), failing({ unsent: left, reason: 'refused' })).export(from, host())
    expect(answer).toMatchObject({ ok: false, reason: 'refused', unsent: left })
    expect(await fallback(failing(), failing()).export(from, host())).toMatchObject({ unsent: from })
  })

  it('still has time for the second when the first hangs', async () => {
    const second = memoryExporter()
    expect(await fallback(silent, second).export(batch({ spans: spans(1) }), host({ budgetMs: 100 }))).toMatchObject({
      ok: true,
    })
    expect(second.spans).toHaveLength(1)
  })
})

describe('stdoutExporter', () => {
  it('prints a line of OTLP/JSON a request, none too long', async () => {
    const lines: string[] = []
    const to = stdoutExporter({ print: (line) => lines.push(line), maxLineBytes: 1000 })
    const from = batch({ spans: spans(10), logs: [log()], dropped: { late: 2 } })
    expect(await to.export(from, host())).toEqual({ ok: true })
    expect(lines.every((line) => !line.includes('\n') && line.length <= 1000)).toBe(true)
    const [traces, logs] = [0, 1].map((which) => lines.filter((line) => line.startsWith('{"resourceLogs"') === !!which))
    expect([logs!.length, lines.length]).toEqual([1, traces!.length + 1])
    const decoded = traces!.map((line) => decodeTraces('application/json', new TextEncoder().encode(line)))
    const all = decoded.flatMap(({ resourceSpans }) => resourceSpans[0]!.scopeSpans[0]!.spans)
    expect(all.map(({ spanId }) => spanId)).toEqual(from.spans.map(({ spanId }) => spanId))
    expect(lines.filter((line) => line.includes('clew.dropped'))).toHaveLength(1)
  })
})

describe('queueExporter', () => {
  it('reports the messages the queue did not take, and those that are too large', async () => {
    let calls = 0
    const sent: string[] = []
    const queue = {
      async send(body: string) {
        if (++calls === 2) throw new Error('Queue send failed: Too Many Requests')
        sent.push(body)
      },
    }
    const from = batch({ spans: spans(4) })
    const answer = await queueExporter(queue, { maxMessageBytes: 500 }).export(from, host())
    expect(answer).toMatchObject({ ok: false, reason: 'network', unsent: { spans: [from.spans[1]] } })
    expect(sent).toHaveLength(3)
    const large = batch({ spans: [span({ name: 'x'.repeat(700) })] })
    expect(await queueExporter(queue, { maxMessageBytes: 500 }).export(large, host())).toMatchObject({
      reason: 'encoding',
    })
  })

  it('answers in time when the queue does not', async () => {
    const queue = { send: () => new Promise(() => {}) }
    const from = batch({ spans: spans(1) })
    expect(await queueExporter(queue).export(from, host({ budgetMs: 50 }))).toMatchObject({
      ok: false,
      reason: 'timeout',
      unsent: { spans: from.spans },
    })
  })
})

describe('r2Exporter', () => {
  it('names objects by signal, hour and first ids', async () => {
    const puts: unknown[] = []
    const bucket = { put: async (...put: unknown[]) => puts.push([put[0], put[2]]) }
    const now = () => Date.UTC(2026, 10, 20, 23, 4, 5, 67)
    const from = batch({ spans: [span({ spanId: '00f067aa0ba902b7' })], logs: [log()] })
    expect(await r2Exporter(bucket, { prefix: 'p/' }).export(from, host({ now }))).toEqual({ ok: true })
    expect(puts).toEqual([
      [
        'p/traces/2026/11/20/23/0405067-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7.json',
        { httpMetadata: { contentType: 'application/json' } },
      ],
      [
        'p/logs/2026/11/20/23/0405067-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7.json',
        { httpMetadata: { contentType: 'application/json' } },
      ],
    ])
  })
})

describe('drop counts', () => {
  it('add, merge and sum', () => {
    expect(addDrops(noDrops, 'late', 0)).toBe(noDrops)
    expect(addDrops({ late: 1 }, 'late', 2)).toEqual({ late: 3 })
    expect(mergeDrops({ late: 1 }, { late: 1, timeout: 2 })).toEqual({ late: 2, timeout: 2 })
    expect(totalDrops({ late: 2, timeout: 2 })).toBe(4)
    expect(totalDrops(noDrops)).toBe(0)
  })

  const from = batch({ spans: spans(3), dropped: { late: 1 } })
  it.each<[what: string, result: ExportResult, lostNow: object, owed: object]>([
    ['delivered', { ok: true }, {}, {}],
    ['partly rejected', { ok: true, rejected: 2 }, { rejected: 2 }, { rejected: 2 }],
    ['lost', { ok: false, reason: 'timeout', message: '' }, { timeout: 3 }, { late: 1, timeout: 3 }],
    [
      'partly lost, with the counts told',
      { ok: false, reason: 'network', message: '', unsent: { ...from, spans: from.spans.slice(2), dropped: {} } },
      { network: 1 },
      { network: 1 },
    ],
    [
      'partly lost and rejected',
      { ok: false, reason: 'network', message: '', rejected: 1, unsent: { ...from, spans: from.spans.slice(2) } },
      { rejected: 1, network: 1 },
      { late: 1, rejected: 1, network: 1 },
    ],
  ])('of a batch that was %s', (_, result, lostNow, owed) => {
    expect(lost(from, result)).toEqual(lostNow)
    expect(outstanding(from, result)).toEqual(owed)
  })

  it('warn once for each reason, and never of sampling', () => {
    const warnings: string[] = []
    const onDrop = warnOncePerReason((message) => warnings.push(message))
    const losses: [DropReason, number][] = [
      ['timeout', 2],
      ['timeout', 5],
      ['sampled_out', 9],
      ['refused', 1],
    ]
    for (const [reason, count] of losses) onDrop(reason, count, 'HTTP 400')
    expect(warnings).toEqual([
      'clew: 2 lost (timeout): HTTP 400. This is said once.',
      'clew: 1 lost (refused): HTTP 400. This is said once.',
    ])
  })
})
