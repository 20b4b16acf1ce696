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

export async function rounds(
  peers: readonly string[],
  count: number,
  measure: (peer: string) => Promise<Record<string, number>>,
): Promise<Figures> {
  const seen = new Map<string, Map<string, number[]>>(peers.map((peer) => [peer, new Map()]))
  for (let round = 0; round < count; round++) {
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[(i + round) % peers.length]!
      process.stderr.write(`\r  round ${round + 1} of ${count}: ${peer}`.padEnd(60))
      for (const [row, value] of Object.entries(await measure(peer))) {
        const rows = seen.get(peer)!
        rows.set(row, [...(rows.get(row) ?? []), value])
      }
    }
  }
  process.stderr.write(`${'\r'.padEnd(60)}\r`)
  return Object.fromEntries(
    [...seen].map(([peer, rows]) => [
      peer,
      Object.fromEntries([...rows].map(([row, values]) => [row, figure(values)])),
    ]),
  )
}

function figure(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number): number => sorted[Math.round((sorted.length - 1) * part)]!
  const middle = median(values)
  return { median: middle, spread: middle === 0 ? 0 : (at(0.75) - at(0.25)) / 2 / middle }
}

/** Runs a script of this folder in a Node of its own; the last line it prints is JSON with `rows`. */
export function child(
  flags: readonly string[],
  script: string,
  args: readonly string[],
): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    const path = new URL(script, import.meta.url).pathname
    const process_ = spawn(process.execPath, [...flags, path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    process_.stdout.on('data', (chunk) => (out += chunk))
    process_.stderr.on('data', (chunk) => (errors += chunk))
    process_.on('close', (code) => {
      if (code) reject(new Error(`${script} ${args.join(' ')} failed:\n${errors}`))
      else resolve(JSON.parse(out.trim().split('\n').at(-1)!).rows)
    })
  })
}
