// In: every runtime that is installed. Out: whether it keeps every promise.
import { afterAll, beforeAll, describe, it } from 'vitest'
import { everywhere } from './documents.ts'
import type { RunningHost } from './host.ts'
import { promises } from './promises.ts'
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
