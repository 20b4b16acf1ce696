// In: batches of a long-lived process. Out: how many exports become of them, and what each caller is told.
import { type Batch, type ExportHost, type ExportResult, memoryExporter } from 'clew'
import { batching } from 'clew/node'
import { describe, expect, it } from 'vitest'

const resource = { attributes: {}, schemaUrl: '' }
const scope = { name: 'clew', version: '0', attributes: {} }
const host: ExportHost = { fetch, now: Date.now, random: Math.random, budgetMs: Infinity }
const batch = (count: number, of: object = resource): Batch =>
  ({
    resource: of,
    scope,
    spans: Array.from({ length: count }, (_, i) => ({ name: `${i}` })),
    logs: [],
    dropped: {},
  }) as never

describe('batching', () => {
  it('waits below the size, and leaves at it', async () => {
    const inner = memoryExporter()
    const exporter = batching(inner, { maxRecords: 4, delayMs: 60_000 })
    const first = exporter.export(batch(3), host)
    expect(inner.batches).toHaveLength(0)
    const second = exporter.export(batch(1), host)
    expect(await Promise.all([first, second])).toEqual([
      { ok: true, rejected: 0 },
      { ok: true, rejected: 0 },
    ])
    expect(inner.batches.map(({ spans }) => spans.length)).toEqual([4])
  })

  it('keeps what different resources sent apart', async () => {
    const inner = memoryExporter()
    const exporter = batching(inner, { maxRecords: 2, delayMs: 60_000 })
    await Promise.all([
      exporter.export(batch(1), host),
      exporter.export(batch(1, { attributes: {}, schemaUrl: '' }), host),
    ])
    expect(inner.batches).toHaveLength(2)
  })

  it('takes as many as may wait, and refuses one more', async () => {
    let answer = (_: ExportResult): void => {}
    const inner = { export: () => new Promise<ExportResult>((resolve) => (answer = resolve)) }
    const exporter = batching(inner, { maxRecords: 1, maxQueuedRecords: 3, delayMs: 60_000 })
    const first = exporter.export(batch(3), host)
    expect(await exporter.export(batch(1), host)).toMatchObject({ ok: false, reason: 'buffer_full' })
    answer({ ok: true })
    expect(await first).toMatchObject({ ok: true })
    const next = exporter.export(batch(1), host)
    answer({ ok: true })
    expect(await next).toMatchObject({ ok: true })
  })

  it('takes a batch that is larger than the queue when nothing waits', async () => {
    expect(
      await batching(memoryExporter(), { maxRecords: 1, maxQueuedRecords: 3 }).export(batch(4), host),
    ).toMatchObject({ ok: true })
  })

  it('tells each caller of its own loss', async () => {
    const lost = { ok: false, reason: 'network', message: 'down' } as const
    const exporter = batching({ export: async () => lost }, { maxRecords: 2, delayMs: 60_000 })
    const results = await Promise.all([exporter.export(batch(1), host), exporter.export(batch(1), host)])
    for (const result of results) expect(result).toMatchObject({ ok: false, reason: 'network' })
  })

  it('settles where the exporter throws', async () => {
    const thrower = { export: () => Promise.reject(new Error('no')) }
    expect(await batching(thrower, { maxRecords: 1 }).export(batch(1), host)).toMatchObject({
      ok: false,
      reason: 'encoding',
    })
  })

  it('flushes on request', async () => {
    const inner = memoryExporter()
    const exporter = batching(inner, { delayMs: 60_000 })
    const sent = exporter.export(batch(1), host)
    await exporter.flush()
    expect(await sent).toMatchObject({ ok: true })
    expect(inner.batches).toHaveLength(1)
  })
})
