// Whatever the receiver does, the user's response is what the handler made, and it does not wait for the receiver.
import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Collector, type Fault } from '../collector.ts'
import { workerd } from './workerd.ts'

let first: Collector
let second: Collector
let miniflare: Miniflare
beforeAll(async () => {
  first = await Collector.start()
  second = await Collector.start()
  const bindings = { OTLP: first.url, SECOND: second.url }
  miniflare = await workerd({ name: 'app', entry: 'soak.ts', bindings })
})
afterAll(async () => {
  await miniflare.dispose()
  await Promise.all([first.close(), second.close()])
})

it.each<[fault: Fault, arrivesAt: 'first' | 'second']>([
  [{ kind: 'delay', ms: 600 }, 'first'],
  [{ kind: 'hang' }, 'second'],
  [{ kind: 'drip', everyMs: 50 }, 'first'],
  [{ kind: 'reset-mid-body' }, 'first'],
  [{ kind: 'huge', bytes: 10_000_000 }, 'first'],
  [{ kind: 'html' }, 'second'],
  [{ kind: 'status', status: 500 }, 'second'],
  [{ kind: 'status', status: 429, headers: { 'retry-after': '3600' } }, 'second'],
])('is untouched by $kind', async (fault, arrivesAt) => {
  first.reset()
  second.reset()
  first.script(fault)
  const response = await miniflare.dispatchFetch('http://app/')
  const ids = (await response.json()) as string[]
  expect([response.status, ids.length]).toEqual([200, 3])
  // Nobody has taken the spans yet: the response did not wait for that.
  if (fault.kind === 'delay' || fault.kind === 'hang') expect(first.spans().length + second.spans().length).toBe(0)
  const collector = arrivesAt === 'first' ? first : second
  await collector.until(() => collector.spans().length === 3)
  expect(
    collector
      .spans()
      .map(({ spanId }) => spanId)
      .sort(),
  ).toEqual(ids.sort())
})
