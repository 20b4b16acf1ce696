// In: a page in Chromium, with the program in its service worker. Out: the page's actions in one trace with the worker's.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plain } from '../collector.ts'
import type { RunningHost } from './host.ts'
import { chromium } from './hosts/chromium.ts'
import { tree } from './tree.ts'
import { World } from './world.ts'

describe.skipIf(chromium.missing)(`a page in Chromium${chromium.missing ? ` (${chromium.missing})` : ''}`, () => {
  let world: World
  let host: RunningHost

  beforeAll(async () => {
    world = await World.start()
    host = await chromium.start(world)
  })
  afterAll(async () => {
    await host?.stop()
    await world?.close()
  })

  const act = async (path: string): Promise<{ traceId: string; body: string }> => {
    const traceId = randomBytes(16).toString('hex')
    const { body } = await host.request(path, { traceparent: `00-${traceId}-b7ad6b7169203331-01` })
    return { traceId, body }
  }

  it('goes on with the trace of its page, and hands it to its service worker', async () => {
    const { traceId, body } = await act('/page/act')
    expect(body).toBe('ok')
    const spans = await world.spansOf(traceId, 6)
    const click = spans.find(({ name }) => name === 'click')!
    expect(click.parentSpanId).toBe('b7ad6b7169203331')
    expect(tree(spans, click.spanId)).toBe('GET\n  GET\n    outer\n      inner\n    next')
  })

  it('sends what it has when it is hidden', async () => {
    const { traceId, body } = await act('/page/leave')
    expect(body).toBe('left')
    const spans = await world.spansOf(traceId, 6)
    expect(plain(spans.find(({ name }) => name === 'click')!.attributes)['clew.unfinished']).toBe(true)
  })
})
