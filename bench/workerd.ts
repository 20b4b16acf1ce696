// In: modules, text of a configuration. Out: a Worker bundled as wrangler does, a workerd process that listens.
// Must stay true: everything listens on 127.0.0.1, on a port of the system's choice; what was started is ended.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

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
  /** The same with several sockets: their ports by name. */
  workerds(config: string, sockets: number): Promise<{ readonly pid: number; readonly ports: Record<string, number> }>
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
  const serve = async (config: string, sockets: number, flags: readonly string[] = []) => {
    const path = join(directory, `config${started.length}.capnp`)
    writeFileSync(path, config)
    const args = ['serve', path, '--control-fd=3', ...flags]
    const child = start(require.resolve('workerd/bin/workerd'), args, ['ignore', 'ignore', 'ignore', 'pipe'])
    const ports: Record<string, number> = {}
    for (const text of await lines(child.stdio[3] as NodeJS.ReadableStream, sockets)) {
      const { socket, port } = JSON.parse(text) as { socket: string; port: number }
      ports[socket] = port
    }
    return { pid: child.pid!, ports }
  }
  try {
    return await work({
      directory,
      start,
      async outside() {
        const server = start(process.execPath, [`${ROOT}bench/workers/server.ts`], ['ignore', 'pipe', 'inherit'])
        return Number((await lines(server.stdout!, 1))[0])
      },
      async workerd(config, flags = []) {
        const { pid, ports } = await serve(config, 1, flags)
        return { pid, port: Object.values(ports)[0]! }
      },
      workerds: serve,
    })
  } finally {
    for (const child of started) child.kill('SIGKILL')
    rmSync(directory, { recursive: true })
  }
}

/** Workers of peers, which need Node's modules. */
export const PEER_WORKERS = ['opentelemetry-3', 'otel-cf-workers', 'logfire', 'vercel', 'effect', 'sentry']

/**
 * A Worker of this folder in a workerd of its own. `clew@/path`: the same Worker over another checkout. `postBytes`: what the
 * bare POST posts.
 */
export async function startWorker(
  bench: Bench,
  worker: string,
  outside: string,
  postBytes = 0,
): Promise<{ readonly pid: number; readonly port: number }> {
  const [name, checkout] = worker.split('@') as [string, string?]
  const isPeer = PEER_WORKERS.includes(name)
  const module = `${worker.replaceAll('/', '_')}.mjs`
  const entry = isPeer ? `bench/peers/${name}/worker.ts` : `bench/workers/${name}.ts`
  await bundleWorker(entry, join(bench.directory, module), {}, checkout)
  const bindings = { UPSTREAM: `${outside}/quote`, OTLP: outside, POST_BYTES: String(postBytes) }
  return bench.workerd(`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.mjs", esModule = embed "${module}")],
      compatibilityDate = "2026-07-28",
      compatibilityFlags = ${isPeer ? '["nodejs_compat"]' : '[]'},
      bindings = [${Object.entries(bindings).map(([key, text]) => `(name = "${key}", text = "${text}")`)}],
    )),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`)
}

/** As wrangler bundles a Worker. `checkout`: where clew's sources are. */
export async function bundleWorker(
  entry: string,
  outfile: string,
  define: Record<string, string> = {},
  checkout?: string,
): Promise<void> {
  await build({ ...options(checkout, define), entryPoints: [entry], outfile })
}

/** The same of a Worker's source text. `from`: the folder that its imports begin at. */
export async function bundleText(
  contents: string,
  { from = ROOT, checkout }: { from?: string; checkout?: string | undefined } = {},
): Promise<string> {
  const stdin = { contents, resolveDir: from, loader: 'ts' } as const
  const { outputFiles } = await build({ ...options(checkout, {}), stdin, write: false })
  return outputFiles![0]!.text
}

function options(checkout: string = ROOT, define: Record<string, string>): BuildOptions {
  return {
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'cloudflare:*'],
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    alias: {
      ...Object.fromEntries(
        ['clew/workers', 'clew/flush', 'clew/sampling', 'clew'].map((door) => [
          door,
          join(checkout, 'src', `${door.slice('clew/'.length) || 'index'}.ts`),
        ]),
      ),
      ...Object.fromEntries(['async_hooks', 'events'].map((name) => [name, `node:${name}`])),
    },
    tsconfig: 'tsconfig.json',
    logLevel: 'error',
  }
}

function lines(from: NodeJS.ReadableStream, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = ''
    from.on('data', (chunk) => {
      text += chunk
      const whole = text.split('\n')
      if (whole.length > count) resolve(whole.slice(0, count))
    })
    from.on('end', () => reject(new Error(`ended after ${JSON.stringify(text)}`)))
  })
}
