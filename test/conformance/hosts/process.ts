// In: a command that prints the port it listens on. Out: the program in it.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle, scratch } from '../../runtimes/bundle.ts'
import { type RunningHost, requestTo } from '../host.ts'
import type { World } from '../world.ts'

/** Bundles an entry, runs it by `command` and waits for its port. */
export async function startProcess(
  world: World,
  entry: string,
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<RunningHost> {
  const { path, remove } = await scratch()
  const file = join(path, 'program.mjs')
  await writeFile(
    file,
    await bundle(new URL(`../entries/${entry}`, import.meta.url).pathname, { define: world.define }),
  )
  const child = spawn(command, [...args, file], {
    cwd: path,
    env: { PATH: process.env['PATH'], HOME: path, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const port = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
        const found = /port (\d+)/.exec(output)
        if (found) resolve(found[1]!)
      })
    child.on('error', reject)
    exited.then(() => reject(new Error(`${command} ended: ${output}`)))
  })
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    request: (path, headers) => requestTo(url, path, headers),
    async stop() {
      child.kill('SIGKILL')
      await exited
      await remove()
    },
  }
}
