// In: every runtime that is installed. Out: whether it keeps every promise.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
  })
  afterAll(async () => {
    await host?.stop()
    await world?.close()
  })

  it.each(promises.filter((promise) => !without[promise.name]))('$name', ({ keep }) => keep(host, world))
  for (const [promise, reason] of Object.entries(without)) it.skip(`${promise}: ${reason}`, () => {})

  it('a client who leaves ends the root, and is no error', async (context) => {
    if (!host.url) return context.skip('serves no HTTP')
    const traceId = randomBytes(16).toString('hex')
    // A socket of its own, reset: a pooled connection would be kept.
    const { hostname, port } = new URL(host.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write(
      `GET /plain/endless HTTP/1.1\r\nhost: ${hostname}\r\ntraceparent: 00-${traceId}-b7ad6b7169203331-01\r\n\r\n`,
    )
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => String(chunk).includes('more') && resolve())
    })
    socket.resetAndDestroy()
    const [root] = await world.spansOf(traceId, 1)
    expect(root).toMatchObject({ name: 'GET', attributes: expect.anything() })
    expect(root!.status?.code).not.toBe(2)
  })
})
