// In: commands that print JSON with rows of numbers. Out: for each, the median and the spread of its rows.
// Must stay true: one process a peer a round; rounds alternate, and each begins one peer further on, so that whatever
// else the machine does falls on all alike.
import { spawn } from 'node:child_process'
import { median } from './memory.ts'

/** Of one row over the rounds. `spread`: half the distance between the quartiles, as a part of the median. */
export interface Figure {
  readonly median: number
  readonly spread: number
}

export type Figures = Record<string, Record<string, Figure>>
/** What one process has to say of a peer: a number a row, or several. */
export type Rows = Readonly<Record<string, number | readonly number[]>>

/** `measure` is asked for one peer at a time. */
export async function rounds(
  peers: readonly string[],
  count: number,
  measure: (peer: string) => Promise<Rows>,
): Promise<Figures> {
  const seen = new Samples()
  for (let round = 0; round < count; round++) {
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[(i + round) % peers.length]!
      tell(`round ${round + 1} of ${count}: ${peer}`)
      seen.add({ [peer]: await measure(peer) })
    }
  }
  return seen.figures(peers)
}

/** `measure` measures all peers, in turns of its own. */
export async function generations(
  what: string,
  count: number,
  measure: () => Promise<Readonly<Record<string, Rows>>>,
): Promise<Figures> {
  const seen = new Samples()
  for (let round = 0; round < count; round++) {
    tell(`${what}, ${round + 1} of ${count}`)
    seen.add(await measure())
  }
  return seen.figures()
}

class Samples {
  private readonly samples = new Map<string, Map<string, number[]>>()

  add(found: Readonly<Record<string, Rows>>): void {
    for (const [peer, rows] of Object.entries(found)) {
      const of = this.samples.get(peer) ?? new Map<string, number[]>()
      this.samples.set(peer, of)
      for (const [row, values] of Object.entries(rows)) of.set(row, (of.get(row) ?? []).concat(values))
    }
  }

  figures(order: readonly string[] = [...this.samples.keys()]): Figures {
    tell('')
    return Object.fromEntries(
      order.map((peer) => [
        peer,
        Object.fromEntries([...this.samples.get(peer)!].map(([row, values]) => [row, figure(values)])),
      ]),
    )
  }
}

/** On a terminal, a line that is written over. */
function tell(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${`  ${what}`.padEnd(70)}\r`)
}

function figure(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number): number => sorted[Math.round((sorted.length - 1) * part)]!
  const middle = median(values)
  return { median: middle, spread: middle === 0 ? 0 : (at(0.75) - at(0.25)) / 2 / middle }
}

/** Runs a script of this folder in a Node of its own; the last line it prints is JSON with `rows`. */
export function child<R>(flags: readonly string[], script: string, args: readonly string[]): Promise<R> {
  return new Promise((resolve, reject) => {
    const path = new URL(script, import.meta.url).pathname
    const process_ = spawn(process.execPath, [...flags, path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    process_.stdout.on('data', (chunk) => (out += chunk))
    process_.stderr.on('data', (chunk) => (errors += chunk))
    process_.on('close', (code) => {
      if (code) return reject(new Error(`${script} ${args.join(' ')} failed:\n${errors}`))
      if (errors) process.stderr.write(errors)
      resolve(JSON.parse(out.trim().split('\n').at(-1)!).rows as R)
    })
  })
}
