// wrangler keeps the names of functions: it has esbuild name each function that has one whenever it is made. At the start that is
// nothing; made anew for every request, such a function costs a Worker more than a microsecond.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

const ROOT = new URL('../../', import.meta.url).pathname
const source = `
  import { createTracer, otlp } from 'clew'
  import { workers } from 'clew/workers'
  import { kv } from 'clew/bindings'
  const sampler = { shouldSample: ({ headers }) => ({ decision: headers.get('drop') ? 'DROP' : 'RECORD_AND_SAMPLE' }) }
  const fetch = async () => new Response('{}', { headers: { 'content-length': '2' } })
  const tracer = createTracer({ service: 'names', exporter: otlp({ url: 'http://127.0.0.1:1' }), fetch, sampler, bindings: [kv] })
  export default workers(tracer, {
    async fetch(request, env, { span, waitUntil }) {
      span.enterSpan('child', { attributes: { a: 1 } }, (span) => span.addEvent('event').setAttribute('b', 'c'))
      await span.enterSpan('later', async (span) => span.recordException(new Error('no')))
      span.addLink({ context: span.spanContext() }).setStatus({ code: 'ok' })
      span.log.info('said', { d: 1 })
      await span.fetch('https://api.example/items?id=1', { headers: { x: 'y' } })
      await env.ORDERS.fetch('http://orders/1')
      await env.KV.get('key')
      waitUntil(span.enterSpan('after', async () => {}))
      return new Response('hello')
    },
  })`

const { defineProperty } = Object
/** The functions of the Worker that were named since this was emptied. */
const named: unknown[] = []
let directory: string
let worker: { fetch(request: Request, env: object, ctx: object): Promise<Response> }

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'clew-names-'))
  const file = join(directory, 'worker.mjs')
  buildSync({
    stdin: { contents: source, resolveDir: join(ROOT, 'test'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2024',
    keepNames: true,
    conditions: ['workerd', 'worker', 'browser'],
    tsconfig: join(ROOT, 'tsconfig.json'),
    outfile: file,
  })
  // The bundle takes this function at its first line.
  Object.defineProperty = (object, key, description) => {
    const isOurs = key === 'name' && / __name .*worker.mjs/.test(new Error().stack!)
    if (isOurs) named.push(description.value)
    return defineProperty(object, key, description)
  }
  worker = ((await import(pathToFileURL(file).href)) as { default: typeof worker }).default
  expect(named).toContain('createTracer')
})
afterAll(() => {
  Object.defineProperty = defineProperty
  rmSync(directory, { recursive: true })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

class Fetcher {
  fetch = async () => new Response('ok')
}
class KvNamespace {
  get = async () => 'value'
}
const env = { ORDERS: new Fetcher(), KV: new KvNamespace() }

test.each([
  ['sampled', {}],
  ['dropped', { drop: 'yes' }],
])('a request that is %s names no function', async (_, headers) => {
  const serve = async () => {
    const kept: Promise<unknown>[] = []
    await worker.fetch(new Request('https://shop.example/', { headers }), env, {
      waitUntil: (promise: Promise<unknown>) => void kept.push(promise),
      passThroughOnException() {},
    })
    for (let seen = 0; seen < kept.length; ) {
      seen = kept.length
      await Promise.all(kept)
    }
  }
  vi.spyOn(console, 'info').mockImplementation(() => {})
  vi.stubGlobal('fetch', async () => new Response('{}'))
  await serve()
  named.length = 0
  await serve()
  expect(named).toEqual([])
})
