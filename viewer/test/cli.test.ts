// In: command lines. Out: what they print, and their exit codes.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandOf } from '../src/cli/arguments.ts'
import { run } from '../src/cli/cli.ts'
import { startViewer, type Viewer } from '../src/viewer.ts'
import { checkout, seeded, send } from './checkout.ts'

const made = checkout('payment-timeout', Date.now(), seeded(21))
let viewer: Viewer
beforeAll(async () => {
  viewer = await startViewer({ port: 0 })
  await send(viewer.url, [made])
})
afterAll(() => viewer.close())

const call = async (...words: string[]): Promise<{ code: number; out: string; complaints: string }> => {
  const out: string[] = []
  const complaints: string[] = []
  const code = await run(words, {
    print: (text) => out.push(text),
    complain: (text) => complaints.push(text),
    columns: 100,
    stop: new AbortController().signal,
  })
  return { code, out: out.join('\n'), complaints: complaints.join('\n') }
}

describe('query', () => {
  it('lists what it finds', async () => {
    const { code, out } = await call('query', 'status = ERROR', '--url', viewer.url)
    expect(code).toBe(0)
    expect(out).toContain(made.traceId)
    expect(out).toContain('✗ failed')
    expect(out).toContain('gateway POST /checkout')
  })

  it('prints OTLP/JSON that can be sent again', async () => {
    const { out } = await call('query', 'TimeoutError', '--json', '--url', viewer.url)
    const other = await startViewer({ port: 0 })
    await fetch(`${other.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: out,
    })
    const spans = (from: Viewer): unknown[] =>
      from.trace(made.traceId)!.spans.map(({ resource: _, scope: __, ...span }) => span)
    expect(spans(other)).toEqual(spans(viewer))
    await other.close()
  })

  it('exits 1 when nothing matches, 2 when the query is wrong', async () => {
    expect((await call('query', 'name = nothing', '--url', viewer.url)).code).toBe(1)
    const wrong = await call('query', 'duration > 5', '--url', viewer.url)
    expect(wrong).toMatchObject({ code: 2, complaints: expect.stringContaining('unit') })
  })

  it('says what to start when nothing answers', async () => {
    const { code, complaints } = await call('query', '', '--url', 'http://127.0.0.1:9')
    expect(code).toBe(2)
    expect(complaints).toContain('npx clew-viewer')
  })

  it('follows what arrives', async () => {
    const stop = new AbortController()
    const printed = new Promise<string>((resolve) => {
      void run(['query', 'status = ERROR', '--follow', '--url', viewer.url], {
        print: resolve,
        complain: resolve,
        columns: 100,
        stop: stop.signal,
      })
    })
    const fine = checkout('normal', Date.now(), seeded(22))
    const failing = checkout('payment-timeout', Date.now(), seeded(23))
    // The stream begins a moment after the command: send until it is heard.
    let heard = false
    void printed.then(() => (heard = true))
    while (!heard) {
      await send(viewer.url, [fine, failing])
      await new Promise((resolve) => setTimeout(resolve, 700))
    }
    const text = await printed
    stop.abort()
    expect(text).toContain(failing.traceId)
    expect(text).toContain('the card processor did not answer')
  })
})

describe('trace', () => {
  it('draws the waterfall and says what stands out, within 100 columns', async () => {
    const { out } = await call('trace', made.traceId, '--url', viewer.url)
    expect(out).toMatch(/payment .*POST \/charge/)
    expect(out).toContain('• POST cards.example in payment failed: TimeoutError')
    const drawing = out.slice(0, out.indexOf('•'))
    for (const row of drawing.split('\n')) expect([...row].length).toBeLessThanOrEqual(100)
  })

  it('exits 1 when it is not there', async () => {
    expect((await call('trace', 'f'.repeat(32), '--url', viewer.url)).code).toBe(1)
  })
})

describe('words', () => {
  it.each([
    [
      ['--max-age', '2h', '--max-bytes', '512MiB', '--max-spans', '10'],
      { maxAgeMs: 7_200_000, maxBytes: 512 * 1024 ** 2, maxSpans: 10 },
    ],
    [
      ['--forward', 'https://o.example/', '--forward-header', 'x-key: a=b'],
      { forward: { url: 'https://o.example', headers: { 'x-key': 'a=b' } } },
    ],
    [
      ['--port', '0', '--file', 'x.db', '--allow-host', 'a', '--allow-host', 'b'],
      { port: 0, file: 'x.db', allowHosts: ['a', 'b'] },
    ],
  ])('%j', (words, options) => {
    expect(commandOf(words)).toMatchObject({ does: 'serve', options })
  })

  it.each([
    [['--max-age', 'long'], 'duration such as 24h'],
    [['--max-bytes', 'big'], 'size such as 512MiB'],
    [['--port', '70000'], 'whole number'],
    [['--forward', 'ftp://x'], 'http URL'],
    [['--nonsense'], 'nonsense'],
    [['trace', 'xyz'], '32 hexadecimal digits'],
    [['qeury'], 'query and trace'],
    [['query', 'a', 'b'], 'stands in quotes'],
  ])('%j are answered with what to write', async (words, message) => {
    expect(await call(...words)).toMatchObject({ code: 2, complaints: expect.stringContaining(message) })
  })
})

it('the command itself starts and explains itself', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL('../bin/clew-viewer.js', import.meta.url)),
    '--help',
  ])
  expect(stdout).toContain("clew-viewer query 'QUERY'")
})
