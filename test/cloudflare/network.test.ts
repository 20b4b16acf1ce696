// Bindings of Cloudflare's network: the runtime's own objects in workerd, with a server of ours where the network would
// answer. The same answers with clew and without; every call as text trees.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Collector } from '../collector.ts'
import { LINES, named, type Running, run, tree, worker } from './harness.ts'
import { Network } from './network.ts'

const PATHS = ['ai', 'vectorize', 'images', 'mail', 'dispatch', 'hyperdrive', 'pipeline', 'browser']

describe.each(LINES)('workerd %s', (line) => {
  let network: Network
  let traced: Running
  let plain: Running

  beforeAll(async () => {
    network = await Network.start()
    const remoteProxyConnectionString = network.url
    const workers = (kind: string) => (collector: Collector) => [
      worker('network', `network-${kind}`, {
        bindings: { OTLP_URL: collector.url },
        ai: { binding: 'AI', remoteProxyConnectionString },
        vectorize: { INDEX: { index_name: 'index', remoteProxyConnectionString } },
        images: { binding: 'IMAGES' },
        email: { send_email: [{ name: 'MAIL' }] },
        dispatchNamespaces: { DISPATCH: { namespace: 'tenants', remoteProxyConnectionString } },
        hyperdrives: { SQL: network.database },
        pipelines: { PIPE: 'pipe' },
        browserRendering: { binding: 'BROWSER', remoteProxyConnectionString },
      }),
    ]
    ;[traced, plain] = await Promise.all([run(line, workers('traced')), run(line, workers('plain'))])
  })
  afterAll(async () => {
    await Promise.all([traced?.close(), plain?.close()])
    await network?.close()
  })
  beforeEach(() => {
    network.asked.length = 0
  })

  const answer = async ({ miniflare }: Running, path: string) => {
    const response = await miniflare.dispatchFetch(`http://network/${path}`)
    return { status: response.status, body: await response.text() }
  }

  it.each(PATHS)('answers /%s as it does without clew, and records it', async (path) => {
    const with_ = await answer(traced, path)
    expect(with_).toEqual(await answer(plain, path))
    expect(with_.status).toBe(200)
    const spans = await traced.spans(named('GET'))
    await expect(`${tree(spans)}\n`).toMatchFileSnapshot(`./trees/network-${path}.txt`)
    // Prompts, vectors, pictures, addresses, records, passwords: nobody's.
    expect(JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toMatch(
      /secret|@example|the answer|0\.25/,
    )
  })

  it('carries the trace to the Worker of a dispatch namespace', async () => {
    await answer(traced, 'dispatch')
    const { headers } = network.asked.find(({ binding }) => binding === 'DISPATCH')!
    const client = (await traced.spans((all) => all.some(({ kind }) => kind === 2))).find(({ kind }) => kind === 3)!
    expect(headers['traceparent']).toBe(`00-${client.traceId}-${client.spanId}-03`)
    expect(headers['x-own']).toBe('1')
  })
})
