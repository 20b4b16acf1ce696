// Every binding's every operation, and the entry points behind them, as text trees: the files in `trees/`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plain } from '../collector.ts'
import { app, LINES, named, type Running, run, tree } from './harness.ts'

/** By path: the roots that come of it. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  kv: ['GET'],
  'kv-error': ['GET'],
  r2: ['GET'],
  d1: ['GET'],
  'd1-error': ['GET'],
  jobs: ['GET', 'process jobs'],
  service: ['GET', 'POST', 'POST'],
  rpc: [
    'GET',
    ...['charge', 'argumentCount', 'counter', 'counter', 'fail', 'stream', 'disposed'].map(
      (method) => `Billing/${method}`,
    ),
  ],
  objects: ['GET', 'GET', 'GET', 'Counter/add', 'Counter/add', 'Counter/value'],
  room: ['GET', 'GET', 'GET'],
  'room-more': ['GET', 'GET', 'GET'],
  'room-alarm': ['GET', 'GET', 'GET', 'alarm'],
  limit: ['GET'],
  points: ['GET'],
  secret: ['GET'],
  cache: ['GET'],
  throw: ['GET'],
}

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, (collector) => app(collector, 'traced'))
  })
  afterAll(() => running?.close())

  it.each(Object.keys(ROOTS))('records /%s', async (path) => {
    await (await running.miniflare.dispatchFetch(`http://front/${path}`)).text()
    const spans = await running.spans(named(...ROOTS[path]!))
    await expect(`${tree(spans)}\n`).toMatchFileSnapshot(`./trees/${path}.txt`)
    expect(running.collector.invalid).toEqual([])
  })

  it('records a cron run, and one that fails', async () => {
    const front = await running.miniflare.getWorker('front')
    await front.scheduled({ cron: '* * * * *', scheduledTime: new Date(0) })
    expect(tree(await running.spans(named('scheduled * * * * *')))).toBe(
      'SERVER scheduled * * * * * {faas.cron="* * * * *"}\n  CLIENT put KV {cloudflare.binding.type="KV" cloudflare.kv.query.keys=["ran"] cloudflare.kv.query.keys.count=1 cloudflare.kv.query.payload.size=9 db.operation.name="put" db.system.name="cloudflare-kv"}',
    )
    const { outcome } = await front.scheduled({ cron: '9 9 9 9 9' })
    expect(outcome).toBe('exception')
    const [failed] = await running.spans(named('scheduled 9 9 9 9 9'))
    expect(failed!.status).toEqual({ code: 2, message: 'cron failed on purpose' })
  })

  // The last of all: what was terminated sends its spans when it likes.
  it('records what is done to Workflows, and to which instance', async () => {
    for (const path of ['flow', 'flow-batch']) {
      await (await running.miniflare.dispatchFetch(`http://front/${path}`)).text()
      const spans = await running.spans(named('GET', ...(path === 'flow' ? ['run Flow'] : [])))
      const calls = spans.filter(({ kind, name }) => (kind === 3 || kind === 4) && name !== 'status FLOW')
      const id = /^[\da-f]{8}-[\da-f-]{27}$/
      const told = calls.map(({ name, attributes, status }) => {
        const { 'cloudflare.workflow.instance_id': instance, ...rest } = plain(attributes)
        const more = Object.entries(rest).filter(([key]) => /event|batch|error/.test(key))
        return [name, id.test(String(instance)), ...more.flat(), status?.message ?? ''].join(' ')
      })
      await expect(`${told.join('\n')}\n`).toMatchFileSnapshot(`./trees/${path}-${line}.txt`)
    }
  })
})
