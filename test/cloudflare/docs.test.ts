// Every page in docs/cloudflare: its Worker runs, and makes the trace the page shows.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LINES, type Running, run, tree, worker } from './harness.ts'
import { Network } from './network.ts'

const DOCS = new URL('../../docs/cloudflare/', import.meta.url)

const pages = readdirSync(DOCS).map((file) => {
  const text = readFileSync(new URL(file, DOCS), 'utf8')
  const [, code] = /```ts\n([\s\S]*?)```/.exec(text) ?? []
  const [, shown] = /```text\n([\s\S]*?)\n```/.exec(text) ?? []
  return { name: file.replace('.md', ''), code, shown }
})

/** What the pages' Workers need beyond what all of them get. */
const own = (network: Network): Readonly<Record<string, object>> => ({
  queues: { queueProducers: { JOBS: 'jobs' }, queueConsumers: { jobs: { maxBatchTimeout: 0.1 } } },
  'durable-objects': { durableObjects: { ROOM: { className: 'Room', useSQLite: true } } },
  rpc: { serviceBindings: { BILLING: { name: 'rpc', entrypoint: 'Billing' } } },
  ai: {
    ai: { binding: 'AI', remoteProxyConnectionString: network.url },
    vectorize: { INDEX: { index_name: 'index', remoteProxyConnectionString: network.url } },
  },
  'other-bindings': {
    ratelimits: { LIMIT: { simple: { limit: 100, period: 60 }, namespace_id: '1' } },
    analyticsEngineDatasets: { POINTS: { dataset: 'points' } },
    images: { binding: 'IMAGES' },
    email: { send_email: [{ name: 'MAIL' }] },
  },
  workflows: { workflows: { FLOW: { name: 'docs', className: 'Flow' } } },
})

describe('the pages about Cloudflare', () => {
  let running: Running
  let network: Network
  beforeAll(async () => {
    network = await Network.start()
    running = await run(LINES[0]!, ({ url }) =>
      pages.map(({ name, code }) =>
        worker(
          name,
          { source: code! },
          {
            bindings: { OTLP_URL: url },
            kvNamespaces: ['KV'],
            r2Buckets: ['BUCKET'],
            d1Databases: ['DB'],
            ...own(network)[name],
          },
        ),
      ),
    )
  })
  beforeEach(() => running.collector.reset())
  afterAll(async () => {
    await running?.close()
    await network?.close()
  })

  it.each(pages.map((page) => [page.name, page.shown]))('make the trace that %s.md shows', async (name, shown) => {
    const docs = await running.miniflare.getWorker(name!)
    const { status } = await docs.fetch(`http://${name}/`)
    expect(status).toBe(200)
    await expect.poll(() => tree(running.collector.spans(), /^$/), { timeout: 10_000 }).toBe(shown)
  })
})
