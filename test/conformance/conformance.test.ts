// In: every runtime that is installed. Out: whether it keeps every promise.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everywhere } from './documents.ts'
import type { RunningHost } from './host.ts'
import { nextNode } from './hosts/next.ts'
import { promises } from './promises.ts'
import { tree } from './tree.ts'
import { World } from './world.ts'

describe.each(everywhere)('$name', ({ missing, start, name, without = {} }) => {
  if (missing !== undefined) {
    it.skip(`not run: ${name} is ${missing}`, () => {})
    return
  }
  let world: World
  let host: RunningHost

  beforeAll(async () => {
    world = await World.start()
    host = await start(world)
    // Next.js is built here, and machines are busy.
  }, 120_000)
  afterAll(async () => {
    await host?.stop()
    await world?.close()
  })

  it.each(promises.filter((promise) => !without[promise.name]))('$name', ({ keep }) => keep(host, world))
  for (const [promise, reason] of Object.entries(without)) it.skip(`${promise}: ${reason}`, () => {})
})

describe.skipIf(nextNode.missing)('a server of Next.js that is stopped', () => {
  it('sends what `after` was told of before it ends', async () => {
    const world = await World.start()
    const server = await nextNode.start(world)
    try {
      const traceId = '7'.repeat(32)
      const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-route': 'after' }
      await server.request('/plain/late?ms=400', headers)
      expect(world.postsOf(traceId)).toBe(0)
      await server.terminate()
      expect(tree(await world.spansOf(traceId, 2))).toBe('GET\n  late')
    } finally {
      await server.stop()
      await world.close()
    }
  }, 60_000)
})
