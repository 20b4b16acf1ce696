// In: every runtime that is installed. Out: whether it keeps every promise.
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { RunningHost } from './host.ts'
import { hosts } from './hosts/hosts.ts'
import { promises } from './promises.ts'
import { World } from './world.ts'

describe.each(hosts)('$name', ({ missing, start, name }) => {
  if (missing !== undefined) {
    it.skip(`not run: ${name} is ${missing}`, () => {})
    return
  }
  let world: World
  let host: RunningHost

  beforeAll(async () => {
    world = await World.start()
    host = await start(world)
  })
  afterAll(async () => {
    await host?.stop()
    await world?.close()
  })

  it.each(promises)('$name', ({ keep }) => keep(host, world))
})
