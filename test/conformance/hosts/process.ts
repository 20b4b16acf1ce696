// In: a program and how to launch it. Out: the program running in a process of its own that serves HTTP on loopback.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BuildOptions } from 'esbuild'
import { bundle, scratch } from '../../runtimes/bundle.ts'
import { type RunningHost, requestTo } from '../host.ts'
import type { World } from '../world.ts'

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Record<string, string>
  /** Where it will listen, if it does not print `port N`. */
  readonly port?: number
}

export interface RunningProcess extends RunningHost {
  /** Asks the process to end, and waits until it has. */
  terminate(): Promise<void>
}

interface Build extends Omit<BuildOptions, 'define'> {
  readonly define?: Record<string, unknown>
}

/** Bundles an entry, launches it and waits until it can be asked. */
export async function startProcess(
  world: World,
  entry: string,
  launch: (file: string) => Launch | Promise<Launch>,
  { define = {}, ...options }: Build = {},
): Promise<RunningHost> {
  const { path, remove } = await scratch()
  const file = join(path, 'program.mjs')
  const source = new URL(`../entries/${entry}`, import.meta.url).pathname
  await writeFile(file, await bundle(source, { ...options, define: { ...world.define, ...define } }))
  return started(path, await launch(file), remove)
}

/** Launches in `cwd` and waits for the port; `remove` is called once it has been stopped. */
export async function started(
  cwd: string,
  { command, args, env, port }: Launch,
  remove?: () => Promise<void>,
): Promise<RunningProcess> {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const printed = new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
        const found = /port:? (\d+)/.exec(output)
        if (found) resolve(Number(found[1]))
      })
    child.on('error', reject)
    exited.then(() => reject(new Error(`${command} ended: ${output}`)))
  })
  printed.catch(() => {})
  const url = `http://127.0.0.1:${port === undefined ? await printed : await Promise.race([printed, open(port)])}`
  return {
    url,
    request: (path, headers) => requestTo(url, path, headers),
    async terminate() {
      child.kill('SIGTERM')
      await exited
    },
    async stop() {
      child.kill('SIGKILL')
      await exited
      await remove?.()
    },
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The port, once somebody listens on it. */
async function open(port: number): Promise<number> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`)
      return port
    } catch {
      await sleep(50)
    }
  }
  throw new Error(`nobody listens on ${port}`)
}
