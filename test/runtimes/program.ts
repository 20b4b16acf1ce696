// In: a program and a command. Out: the program running, what it wrote, and how it ended.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle, scratch } from './bundle.ts'

export class Program {
  output = ''
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
  #child: ChildProcess
  #remove: () => Promise<void>
  #readers: (() => void)[] = []

  static async start(
    file: string,
    command: string,
    { args = [], env = {}, define = {} }: StartOptions = {},
  ): Promise<Program> {
    const { path, remove } = await scratch()
    const program = join(path, 'program.mjs')
    const entry = new URL(`programs/${file}`, import.meta.url).pathname
    await writeFile(program, await bundle(entry, { define }))
    const child = spawn(command, [...args, program], {
      cwd: path,
      env: { PATH: process.env['PATH'], HOME: path, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new Program(child, remove)
  }

  private constructor(child: ChildProcess, remove: () => Promise<void>) {
    this.#child = child
    this.#remove = remove
    const wake = (): void => {
      for (const resolve of this.#readers.splice(0)) resolve()
    }
    for (const stream of [child.stdout, child.stderr])
      stream!.on('data', (chunk) => {
        this.output += chunk
        wake()
      })
    this.ended = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        resolve(code ?? signal ?? '')
        wake()
      })
    })
  }

  /** What the program wrote where `pattern` matches, once it has. */
  async wrote(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output)
      if (found) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(`ended: ${this.output}`)
      await new Promise<void>((resolve) => this.#readers.push(resolve))
    }
  }

  async url(): Promise<string> {
    return `http://127.0.0.1:${(await this.wrote(/port (\d+)/))[1]}`
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
    await this.#remove()
  }
}

export interface StartOptions {
  readonly args?: readonly string[]
  readonly env?: Record<string, string>
  readonly define?: Record<string, unknown>
}
