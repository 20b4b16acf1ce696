// In: every front door for a host. Out: proof that what a bundle carries asks nothing of its host to be loaded.
import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { started } from '../conformance/hosts/process.ts'
import { bundle, ROOT, scratch } from './bundle.ts'
import { inRuntimes, NOT_INSTALLED } from './installed.ts'

/** Doors to what only Cloudflare has may import from it. */
const CLOUDFLARE = new Set(['durable-objects', 'entrypoints', 'workflows', 'workers', 'bindings'])

const doors = readdirSync(join(ROOT, 'src'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))

/** Those that any host must be able to load. */
const hosts = [
  'handle',
  'lambda',
  'aws-sdk',
  'node',
  'deno',
  'bun',
  'vercel',
  'netlify',
  'fastly',
  'supabase',
  'google-cloud',
  'azure',
  'browser',
]

const fastlyEngine = inRuntimes('@fastly/js-compute/fastly.wasm')

describe('front doors', () => {
  it.each(doors)('%s imports nothing of its host', async (door) => {
    const { metafile } = await build({
      entryPoints: [join(ROOT, `src/${door}.ts`)],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      external: ['node:*', 'cloudflare:*', 'fastly:*'],
      metafile: true,
      logLevel: 'silent',
    })
    const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(imported.filter((path) => !(CLOUDFLARE.has(door) && path.startsWith('cloudflare:')))).toEqual([])
  })

  it('all load in workerd without a flag, where a module may touch no clock, no randomness and no timer', async () => {
    const contents = await bundle(join(ROOT, 'test/runtimes/programs/doors.ts'))
    const { Miniflare, convertV4MiniflareOptions } = createRequire(import.meta.url)('miniflare')
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        workers: [
          {
            name: 'doors',
            modulesRoot: '/doors',
            modules: [{ type: 'ESModule', path: '/doors/index.mjs', contents }],
            compatibilityDate: '2023-01-01',
          },
        ],
        host: '127.0.0.1',
        port: 0,
      }),
    )
    try {
      const response = await fetch(await miniflare.ready)
      expect(await response.json()).toEqual(hosts)
    } finally {
      await miniflare.dispose()
    }
  })

  it.skipIf(!fastlyEngine)(`all load in Fastly's engine${fastlyEngine ? '' : ` (${NOT_INSTALLED})`}`, async () => {
    const { path, remove } = await scratch()
    const script = join(path, 'doors.js')
    await writeFile(script, await bundle(join(ROOT, 'test/runtimes/programs/doors-fastly.ts'), { format: 'iife' }))
    const args = ['--experimental-wasm-jspi', join(ROOT, 'test/conformance/fastly/host.ts'), fastlyEngine!, script]
    const server = await started(path, { command: join(ROOT, 'node_modules/.bin/node'), args }, remove)
    try {
      expect(JSON.parse((await server.request('/')).body)).toEqual(hosts)
    } finally {
      await server.stop()
    }
  })
})
