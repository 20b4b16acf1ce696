// In: processes that live on, and how they end. Out: proof that what waits leaves, and that they end as they would have.
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Collector, plain } from '../collector.ts'
import { ROOT } from './bundle.ts'
import { inRuntimes } from './installed.ts'
import { Program } from './program.ts'

const node24 = join(ROOT, 'node_modules/.bin/node')
const bun = inRuntimes('bun/bin/bun.exe')
const deno = inRuntimes('deno/deno')
const runtimes = [
  { name: 'Node', command: node24, args: [] as string[] },
  ...(bun ? [{ name: 'Bun', command: bun, args: [] }] : []),
  ...(deno ? [{ name: 'Deno', command: deno, args: ['run', '--allow-all', '--no-lock', '--no-check'] }] : []),
]

let collector: Collector
let program: Program

beforeAll(async () => {
  collector = await Collector.start()
})
afterEach(async () => {
  await program?.stop()
  collector.reset()
})
afterAll(() => collector.close())

const names = (): string[] =>
  collector
    .spans()
    .map(({ name }) => name)
    .sort()
const start = async (command: string, args: readonly string[], options: object = {}): Promise<string> => {
  program = await Program.start('long-lived.ts', command, {
    args,
    define: { COLLECTOR_URL: collector.url, OPTIONS: options },
  })
  return program.url()
}

describe.each(runtimes)('a server in $name', ({ command, args }) => {
  it('sends the spans of several requests at once, when there are enough', async () => {
    const url = await start(command, args, { delayMs: 60_000, maxRecords: 6 })
    for (let i = 0; i < 3; i++) await fetch(url)
    await collector.until(() => collector.spans().length === 6)
    expect(collector.requests).toHaveLength(1)
  })

  it('sends what there is when the time has come', async () => {
    const url = await start(command, args, { delayMs: 30 })
    await fetch(url)
    await collector.until(() => collector.spans().length === 2)
  })

  it('sends what waits at SIGTERM, and ends by it', async () => {
    const url = await start(command, args, { delayMs: 60_000 })
    await fetch(url)
    fetch(`${url}/hang`).catch(() => {})
    await program.wrote(/hanging/)
    program.signal('SIGTERM')
    expect(await program.ended).toBe('SIGTERM')
    // The request that was cut off is there as well.
    expect(names()).toEqual(['GET', 'GET', 'work'])
    const cut = collector.spans().find(({ attributes }) => plain(attributes)['url.path'] === '/hang')!
    expect(plain(cut.attributes)['clew.unfinished']).toBe(true)
  })

  it('leaves the end to whoever listens to SIGTERM too', async () => {
    const url = await start(command, args, { delayMs: 60_000, listens: true })
    await fetch(url, { headers: { connection: 'close' } })
    program.signal('SIGTERM')
    expect(await program.ended).toBe(3)
    expect(names()).toEqual(['GET', 'work'])
  })

  it('describes request and response as the conventions say', async () => {
    const url = await start(command, args, { delayMs: 1 })
    await fetch(`${url}/route?a=1&sig=secret`, { headers: { 'user-agent': 'test/1', connection: 'close' } })
    await fetch(`${url}/route`, { method: 'POST', headers: { connection: 'close' } })
    await fetch(`${url}/broken`, { headers: { connection: 'close' } })
    await collector.until(() => collector.spans().length === 6)
    const root = (path: string, method: string) =>
      collector.spans().find(({ attributes, kind }) => {
        const all = plain(attributes)
        return kind === 2 && all['url.path'] === path && all['http.request.method'] === method
      })!
    expect(plain(root('/broken', 'GET').attributes)).toMatchObject({
      'http.response.status_code': 503n,
      'error.type': '503',
    })
    expect(root('/broken', 'GET').status?.code).toBe(2)
    expect(plain(root('/route', 'POST').attributes)['url.query']).toBeUndefined()
  })

  it('sends what waits when a script has come to its end', async () => {
    program = await Program.start('script.ts', command, { args, define: { COLLECTOR_URL: collector.url } })
    expect(await program.ended).toBe(0)
    expect(names()).toEqual(['import', 'row'])
  })
})
