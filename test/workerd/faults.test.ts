// In: a host that fails at the n-th call clew makes into it, for every n. Out: the app's answer, byte for byte.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Collector } from '../collector.ts'
import { bundle, type Running, start } from './workerd.ts'

let upstream: Server
let collector: Collector
let worker: Running

beforeAll(async () => {
  upstream = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => response.end(`${request.method} ${request.headers['x-a']} ${body}`))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => upstream.on('listening', resolve))
  collector = await Collector.start()
  worker = await start('2026-11', bundle('./test/workerd/fixtures/faults.ts'), {
    COLLECTOR: collector.url,
    UPSTREAM: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
  })
})
afterAll(async () => {
  await worker.dispose()
  await collector.close()
  upstream.close()
})

async function answer(path: string): Promise<unknown> {
  const response = await worker.dispatchFetch(`http://main${path}`).catch((error: unknown) => String(error))
  if (typeof response === 'string') return response
  const headers = [...response.headers].filter(([name]) => name !== 'date')
  return [response.status, headers, await response.text()]
}

const calls = async (): Promise<number> => (await worker.dispatchFetch('http://main/calls')).json() as Promise<number>

test.each(['/', '/throw'])('%s is answered alike, whichever call fails', async (path) => {
  const expected = await answer(`${path}?untraced=1`)
  // An invocation goes on after its answer: wait until it has made all its calls.
  const settled = async (): Promise<number> => {
    for (let before = -1, now = await calls(); ; before = now, now = await calls()) {
      if (now === before) return now
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  expect(await answer(`${path}?n=0`)).toEqual(expected)
  await collector.until(() => collector.requests.length > 0)
  const total = await settled()
  expect(total).toBeGreaterThan(15)
  for (let n = 1; n <= total + 2; n++) {
    expect(await answer(`${path}?n=${n}`), `call ${n} of ${total}`).toEqual(expected)
    await settled()
  }
})
