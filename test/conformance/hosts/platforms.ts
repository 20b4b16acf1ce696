// In: nothing. Out: the platforms' own runtimes for development, as far as they run offline; each serves as its users' would.
// Must stay true: the code that calls the program is the vendor's; what of it is ours is said in docs/runtimes.md.
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../../runtimes/bundle.ts'
import { inRuntimes, NOT_INSTALLED } from '../../runtimes/installed.ts'
import type { Host } from '../host.ts'
import { LEAVING } from '../promises.ts'
import { nextEdge, nextNode } from './next.ts'
import { freePort, type Launch, startProcess } from './process.ts'

const node = join(ROOT, 'node_modules/.bin/node')
const vercelServer = inRuntimes('@vercel/node/dist/dev-server.mjs')
const netlifyServer = inRuntimes('@netlify/serverless-functions-api/dist/index_server.js')
const azureLibrary = inRuntimes('@azure/functions/dist/azure-functions.js')
const googleFramework = inRuntimes('@google-cloud/functions-framework/build/src/index.js')
const fastlyEngine = inRuntimes('@fastly/js-compute/fastly.wasm')
const fastlyHost = fileURLToPath(new URL('../fastly/host.ts', import.meta.url))
const deno = inRuntimes('deno/deno')

const missingUnless = (file: string | undefined): { missing?: string } => (file ? {} : { missing: NOT_INSTALLED })

/** `vercel dev` for one function: it prints its port, and puts its request context where Vercel does. */
const vercelDev = (file: string): Launch => ({
  command: node,
  args: [vercelServer!],
  env: { VERCEL_DEV_ENTRYPOINT: basename(file), VERCEL_DEV_CONFIG: '{"zeroConfig":true}' },
})

export const platforms: readonly Host[] = [
  {
    name: 'Vercel dev, Node',
    without: { [LEAVING]: 'the server for development does not pass it on' },
    ...missingUnless(vercelServer),
    start: (world) => startProcess(world, 'vercel.ts', vercelDev),
  },
  {
    name: 'Vercel dev, edge',
    without: { [LEAVING]: 'the server for development does not pass it on' },
    ...missingUnless(vercelServer),
    start: (world) =>
      startProcess(world, 'vercel.ts', async (file) => {
        // The configuration is read from the source, not from a bundle.
        const entry = file.replace(/[^/]+$/, 'edge.mjs')
        await writeFile(
          entry,
          "export const config = { runtime: 'edge' }\nexport { GET as default } from './program.mjs'\n",
        )
        return vercelDev(entry)
      }),
  },
  nextNode,
  nextEdge,
  {
    name: 'Netlify',
    ...missingUnless(netlifyServer),
    start: (world) =>
      startProcess(world, 'netlify.ts', async (file) => {
        const port = await freePort()
        const env = { NETLIFY_PLAY_ENTRY_PATH: file, NETLIFY_PLAY_PORT: String(port) }
        return { command: node, args: [netlifyServer!], env, port }
      }),
  },
  {
    name: 'Supabase',
    ...missingUnless(deno),
    start: (world) =>
      startProcess(world, 'supabase.ts', (file) => ({
        command: deno!,
        args: ['run', '--allow-net', '--allow-env', '--no-lock', '--no-check', file],
        env: { DENO_NO_UPDATE_CHECK: '1' },
      })),
  },
  {
    name: 'Google Cloud',
    ...missingUnless(googleFramework),
    start: (world) =>
      startProcess(world, 'google-cloud.ts', (file) => ({ command: node, args: [file] }), {
        define: { FRAMEWORK: googleFramework! },
      }),
  },
  {
    name: 'Fastly',
    without: {
      'a call that is called off is no error': 'there is no AbortController',
      'what comes later still is counted, and the next export tells': 'an instance serves one request',
    },
    ...missingUnless(fastlyEngine),
    start: (world) =>
      startProcess(
        world,
        'fastly.ts',
        (file) => ({ command: node, args: ['--experimental-wasm-jspi', fastlyHost, fastlyEngine!, file] }),
        { format: 'iife' },
      ),
  },
  {
    name: 'Azure',
    without: { [LEAVING]: 'a response is whole before it is sent' },
    ...missingUnless(azureLibrary),
    start: (world) =>
      startProcess(world, 'azure.ts', (file) => ({ command: node, args: [file] }), {
        define: { LIBRARY: azureLibrary! },
      }),
  },
]
