// In: a Worker's source. Out: that Worker running in real workerd, on each of the two newest lines, without any flag.
// Must stay true: bundled as a user's would be; nothing is mocked; what is started here is ended here.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { Miniflare as Miniflare2026July } from 'miniflare-2026-07'

const root = join(import.meta.dirname, '../..')

/** A Worker's whole bundle, as text: of the module at a path, or of a module's own text. */
export function bundle(entry: string | { readonly source: string }): string {
  const result = buildSync({
    ...(typeof entry === 'string'
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.source, resolveDir: root, loader: 'ts' as const } }),
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker'],
    external: ['cloudflare:*', 'node:*'],
    write: false,
  })
  return result.outputFiles[0]!.text
}

/** What the tests use of Miniflare; the same in both generations. */
export interface Running {
  dispatchFetch(url: string, init?: RequestInit): Promise<Response>
  scheduled(options: { cron: string; scheduledTime: Date }): Promise<{ outcome: string }>
  dispose(): Promise<void>
}

/** The two newest lines of workerd, by the Miniflare that brings them. */
export const LINES = ['2026-11', '2026-07'] as const

export async function start(
  line: (typeof LINES)[number],
  script: string,
  bindings: Record<string, string>,
): Promise<Running> {
  const options = {
    workers: [
      {
        name: 'main',
        modulesRoot: '/',
        modules: [{ type: 'ESModule' as const, path: '/main.mjs', contents: script }],
        compatibilityDate: '2026-07-28',
        bindings,
      },
    ],
    cf: false as const,
  }
  const miniflare =
    line === '2026-11'
      ? new Miniflare(convertV4MiniflareOptions(options))
      : (new Miniflare2026July(options) as unknown as Miniflare)
  await miniflare.ready
  return {
    dispatchFetch: (url, init) => miniflare.dispatchFetch(url, init as never) as unknown as Promise<Response>,
    async scheduled(event) {
      const worker = await miniflare.getWorker()
      return (await worker.scheduled(event as never)) as { outcome: string }
    },
    dispose: () => miniflare.dispose(),
  }
}

/** Plain `workerd serve`, for what only a raw connection can do. */
export async function serve(
  line: (typeof LINES)[number],
  script: string,
  bindings: Record<string, string>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'clew-workerd-'))
  writeFileSync(join(folder, 'main.mjs'), script)
  const texts = Object.entries(bindings).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`)
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "main", esModule = embed "main.mjs")],
  compatibilityDate = "2026-07-28",
  bindings = [${texts.join(', ')}],
);
`,
  )
  const host = createRequire(import.meta.resolve(line === '2026-11' ? 'miniflare' : 'miniflare-2026-07'))
  const child: ChildProcess = spawn(
    (host('workerd') as { default: string }).default,
    ['serve', join(folder, 'config.capnp'), '--control-fd=3'],
    { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] },
  )
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => reject(new Error(`workerd ended with ${code}`)))
    child.stdio[3]!.on('data', (chunk: Buffer) => {
      const found = /"port":(\d+)/.exec(String(chunk))
      if (found) resolve(Number(found[1]))
    })
  })
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit').once('exit', () => {
          rmSync(folder, { recursive: true })
          resolve()
        })
        child.kill()
      }),
  }
}

/** Sends a GET over a raw connection, and resets it after `ms`. */
export function resetAfter(port: number, path: string, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: main\r\n\r\n`)
      setTimeout(() => {
        socket.resetAndDestroy()
        resolve()
      }, ms)
    })
    socket.on('error', reject)
  })
}
