// In: where the Workers shall send spans, charges and mail. Out: the five of them under one `wrangler dev`.
// Must stay true: no account, no network, nothing written to the user's home; ends with its own child processes only.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Workers {
  /** The gateway's. */
  readonly url: string
  /** Resolves, with what they said last, when they have ended without being asked to. */
  readonly failed: Promise<string>
  stop(): Promise<void>
}

/** What the wrangler.toml files call by these names. */
export interface Vars {
  readonly OTLP_URL: string
  readonly PROCESSOR_URL: string
  readonly MAIL_URL: string
}

const ROOT = join(import.meta.dirname, '..', '..')
const INVENTORY = 'examples/checkout/inventory/wrangler.toml'
const CONFIGS = [
  'wrangler.toml',
  'examples/checkout/orders/wrangler.toml',
  INVENTORY,
  'examples/checkout/fraud/wrangler.toml',
  'examples/checkout/payment/wrangler.toml',
]

/** The outer program of wrangler only starts this one, and would not hand on every signal. */
const WRANGLER = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'wrangler-dist/cli.js')

/** A start takes three seconds on two cores; a machine that is busy otherwise gets twenty times that. */
const START_MS = 60_000
/** After the polite signal, before the other. */
const STOP_MS = 5_000
/** Of what the Workers say: as much as explains an end. */
const LAST_WORDS = 4_000

/** Fills the database, then starts the Workers; port 0 takes a free one. Rejects with wrangler's words when it fails. */
export async function startWorkers(port: number, vars: Vars): Promise<Workers> {
  const home = await mkdtemp(join(tmpdir(), 'clew-start-'))
  const remove = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 5 })
  const state = join(home, 'state')
  await mkdir(state)
  const env = {
    ...process.env,
    ...vars,
    CI: '1',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    HOME: home,
    XDG_CONFIG_HOME: home,
  }
  let running: ChildProcess | undefined
  try {
    const apply = ['d1', 'migrations', 'apply', 'inventory', '--local', '-c', INVENTORY, '--persist-to', state]
    running = start(apply, env)
    await finished(running)

    const configs = CONFIGS.flatMap((config) => ['-c', config])
    const where = ['--ip', '127.0.0.1', '--port', `${port}`, '--inspector-port', '0', '--persist-to', state]
    const workers = (running = start(['dev', ...configs, ...where], env))
    const words = lastWords(workers)
    const ended = once(workers, 'exit').then(() => words())
    const url = await Promise.race([ready(workers), ended.then((said) => Promise.reject(new Error(said)))])
    return {
      url,
      failed: ended,
      async stop() {
        await stop(workers)
        await remove()
      },
    }
  } catch (error) {
    if (running) await stop(running)
    await remove()
    throw new Error(`The Workers did not start.\n${(error as Error).message}`)
  }
}

function start(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ['--no-warnings', WRANGLER, ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

async function finished(child: ChildProcess): Promise<void> {
  const words = lastWords(child)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(words())
}

/** Wrangler tells a parent process, over its channel, where it listens. */
function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready within ${START_MS / 1000} s`)), START_MS)
    child.on('message', (message) => {
      const { event, ip, port } = JSON.parse(String(message)) as { event: string; ip: string; port: number }
      if (event !== 'DEV_SERVER_READY') return
      clearTimeout(timer)
      resolve(`http://${ip}:${port}`)
    })
    child.once('exit', () => clearTimeout(timer))
  })
}

function lastWords(child: ChildProcess): () => string {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-LAST_WORDS)))
  return () => said
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exit
  clearTimeout(timer)
}
