// In: a runtime of Next.js. Out: the program as a route handler of an app that `next build` built and `next start` serves.
// Must stay true: one build for both runtimes, for it is what takes the time: the program's addresses come from the environment,
// and a header chooses the route without a change of the URL.
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, ROOT } from '../../runtimes/bundle.ts'
import { inRuntimes, NOT_INSTALLED } from '../../runtimes/installed.ts'
import type { Host } from '../host.ts'
import type { World } from '../world.ts'
import { freePort, type RunningProcess, started } from './process.ts'

const cli = inRuntimes('next/dist/bin/next')
const node = join(ROOT, 'node_modules/.bin/node')
/** Next.js looks for itself from the app's folder upwards, and compiles nothing inside of node_modules. */
const root = fileURLToPath(new URL('../../runtimes', import.meta.url))
const app = join(root, '.next-app')

const NOWHERE = 'http://127.0.0.1:9'
const NO_TELEMETRY = { NEXT_TELEMETRY_DISABLED: '1' }

interface ProcessHost extends Host {
  start(world: World): Promise<RunningProcess>
}

let build: Promise<void> | undefined

function next(name: string, runtime: 'nodejs' | 'edge'): ProcessHost {
  return {
    name,
    ...(!cli && { missing: NOT_INSTALLED }),
    async start(world) {
      build ??= built()
      await build
      const port = await freePort()
      const env = { ...NO_TELEMETRY, ...world.define }
      const args = [cli!, 'start', '-H', '127.0.0.1', '-p', `${port}`]
      const running = await started(app, { command: node, args, env, port })
      return {
        ...running,
        request: (path, headers) => running.request(path, { 'x-route': runtime, ...headers }),
      }
    },
  }
}

export const nextNode: ProcessHost = next('Next.js, Node', 'nodejs')
export const nextEdge: ProcessHost = next('Next.js, edge', 'edge')

const CONFIG = `export default {
  turbopack: { root: ${JSON.stringify(root)} },
  rewrites: () => ({
    beforeFiles: ['edge', 'after'].map((value) => ({
      source: '/:path*',
      has: [{ type: 'header', key: 'x-route', value }],
      destination: \`/\${value}/:path*\`,
    })),
  }),
}`

async function built(): Promise<void> {
  const program = await bundle(new URL('../entries/next.ts', import.meta.url).pathname, {
    banner: { js: 'const { COLLECTOR_URL, UPSTREAM_URL, DOWN_URL } = process.env' },
  })
  const files: Record<string, string> = {
    'package.json': '{ "name": "app", "private": true, "type": "module" }',
    'next.config.mjs': CONFIG,
  }
  const plain = "export { GET } from './program.js'"
  const afterwards = `import { after } from 'next/server'
    import { afterwards } from './program.js'
    export const GET = afterwards(after)`
  const routes = { 'app/[...route]': plain, 'app/edge/[...route]': plain, 'app/after/[...route]': afterwards }
  for (const [folder, route] of Object.entries(routes)) {
    const runtime = folder.includes('edge') ? 'edge' : 'nodejs'
    files[`${folder}/program.js`] = program
    files[`${folder}/route.js`] = `${route}\nexport const runtime = '${runtime}'`
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(app, name)), { recursive: true })
    await writeFile(join(app, name), text)
  }
  const child = spawn(node, [cli!, 'build'], {
    cwd: app,
    // Modules are evaluated during the build as well: the addresses must be some.
    env: { PATH: process.env['PATH'], HOME: app, CI: '1', ...NO_TELEMETRY, COLLECTOR_URL: NOWHERE, DOWN_URL: NOWHERE },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const code = await new Promise((resolve) => child.on('exit', resolve))
  if (code !== 0) throw new Error(`next build: ${output}`)
}
