// In: modules, text of a configuration. Out: a Worker bundled as wrangler does, a workerd process that listens.
// Must stay true: everything listens on 127.0.0.1, on a port of the system's choice; what was started is ended.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)
const ROOT = new URL('..', import.meta.url).pathname

export interface Bench {
  /** A folder that is removed at the end. */
  readonly directory: string
  start(command: string, args: readonly string[], stdio: ('ignore' | 'pipe' | 'inherit')[]): ChildProcess
  /** The port of the world outside: see workers/server.ts. */
  outside(): Promise<number>
  /** Runs workerd on a configuration, given with `"127.0.0.1:0"` as its socket. */
  workerd(config: string, flags?: readonly string[]): Promise<{ readonly pid: number; readonly port: number }>
}

/** Runs `work`, then ends all that it started. */
export async function withWorkerd<R>(work: (bench: Bench) => Promise<R>): Promise<R> {
  const directory = mkdtempSync(join(tmpdir(), 'clew-bench-'))
  const started: ChildProcess[] = []
  const start: Bench['start'] = (command, args, stdio) => {
    const child = spawn(command, args, { stdio })
    started.push(child)
    return child
  }
  try {
    return await work({
      directory,
      start,
      async outside() {
        const server = start(process.execPath, [`${ROOT}bench/workers/server.ts`], ['ignore', 'pipe', 'inherit'])
        return Number(await line(server.stdout!))
      },
      async workerd(config, flags = []) {
        const path = join(directory, 'config.capnp')
        writeFileSync(path, config)
        const args = ['serve', path, '--control-fd=3', ...flags]
        const child = start(require.resolve('workerd/bin/workerd'), args, ['ignore', 'ignore', 'inherit', 'pipe'])
        const { port } = JSON.parse(await line(child.stdio[3] as NodeJS.ReadableStream)) as { port: number }
        return { pid: child.pid!, port }
      },
    })
  } finally {
    for (const child of started) child.kill('SIGKILL')
    rmSync(directory, { recursive: true })
  }
}

/** As wrangler bundles a Worker. `checkout`: where clew's sources are. */
export async function bundleWorker(
  entry: string,
  outfile: string,
  define: Record<string, string> = {},
  checkout: string = ROOT,
): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'cloudflare:*', 'async_hooks'],
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    alias: Object.fromEntries(
      ['clew/workers', 'clew/flush', 'clew'].map((door) => [
        door,
        join(checkout, 'src', `${door.slice('clew/'.length) || 'index'}.ts`),
      ]),
    ),
    tsconfig: 'tsconfig.json',
    logLevel: 'error',
  })
}

function line(from: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    from.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text.split('\n')[0]!)
    })
    from.on('end', () => reject(new Error(`ended after ${JSON.stringify(text)}`)))
  })
}
