// In: a tree. Out: shapes that cost time: the same call over and over, calls one after another that need not wait, clocks
// that disagree.
// Must stay true: pure; each threshold is named and says why; what is reported names its spans.
import type { Value } from '../model.ts'
import type { Node } from './tree.ts'

/** Equal calls under one parent before it counts as N+1: below five, a loop is hardly the problem. */
export const MIN_REPEATS = 5

export interface Repetition {
  readonly parent: Node
  readonly name: string
  readonly nodes: readonly Node[]
  /** Calls, those folded into collapsed spans included. */
  readonly count: number
  /** Nanoseconds during which at least one of them ran. */
  readonly duration: number
}

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '')

/** Calls are alike when only their literals differ. */
const likeness = (node: Node): string => {
  const query = textOf(node.span?.attributes['db.query.text']) || textOf(node.span?.attributes['db.statement'])
  const plain = query.replace(/'(?:[^']|'')*'|"[^"]*"|\b\d+(?:\.\d+)?\b/g, '?')
  return [node.service, node.span?.kind, node.name.replace(/\d+/g, '#'), plain].join('\n')
}

const collapsed = (node: Node): number => {
  const count = node.span?.attributes['clew.collapsed.count']
  return typeof count === 'number' && count > 1 ? count : 1
}

/** Length of the union of intervals. */
export const covered = (nodes: readonly Node[]): number => {
  let total = 0
  let at = Number.NEGATIVE_INFINITY
  for (const { start, end } of nodes.toSorted((a, b) => a.start - b.start)) {
    total += Math.max(0, end - Math.max(start, at))
    at = Math.max(at, end)
  }
  return total
}

export const repetitions = (nodes: readonly Node[]): readonly Repetition[] =>
  nodes.flatMap((parent) => {
    if (parent.children.length === 0) return []
    const groups = new Map<string, Node[]>()
    for (const child of parent.children) {
      if (child.span?.kind === 'server' && parent.span === undefined) continue
      const key = likeness(child)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [child])
      else group.push(child)
    }
    return [...groups.values()]
      .map((group) => ({
        parent,
        name: group[0]!.name,
        nodes: group,
        count: group.reduce((sum, node) => sum + collapsed(node), 0),
      }))
      .filter(({ count }) => count >= MIN_REPEATS)
      .map((group) => ({ ...group, duration: covered(group.nodes) }))
  })

export interface Sequence {
  readonly parent: Node
  /** At least two, each beginning after the one before it ended. */
  readonly nodes: readonly Node[]
  /** Nanoseconds that running them side by side would save at best. */
  readonly saving: number
}

/** Two calls follow directly when the parent does next to nothing between them: a fiftieth of what they take. */
const IDLE_SHARE = 0.02

const isCall = (node: Node): boolean => node.span?.kind === 'client' || node.span?.kind === 'producer'

/** Runs of different calls that waited for each other with nothing between them. Whether one needs another is for people. */
export const sequences = (nodes: readonly Node[], repeated: readonly Repetition[]): readonly Sequence[] => {
  const inRepetition = new Set(repeated.flatMap((repetition) => repetition.nodes))
  const found: Sequence[] = []
  for (const parent of nodes) {
    let run: Node[] = []
    const close = (): void => {
      if (run.length > 1) {
        const lengths = run.map((node) => node.end - node.start)
        const saving = lengths.reduce((sum, length) => sum + length, 0) - Math.max(...lengths)
        if (saving > 0) found.push({ parent, nodes: run, saving })
      }
      run = []
    }
    for (const child of parent.children) {
      if (!isCall(child) || inRepetition.has(child) || child.start >= parent.end) continue
      const last = run.at(-1)
      if (last !== undefined) {
        const idle = child.start - last.end
        const took = child.end - last.start
        if (idle < 0 || idle > took * IDLE_SHARE + 1e6) close()
      }
      run.push(child)
    }
    close()
  }
  return found
}

export interface Skew {
  readonly node: Node
  readonly caller: string
  readonly service: string
  /** Nanoseconds by which the called service's clock must at least be moved for the call to lie inside its caller. */
  readonly shift: number
}

/** Clocks of serverless hosts tick in whole milliseconds, so less than two of them say nothing. */
const TOLERANCE = 2e6

/** Calls that begin before their caller did: two clocks disagree. Nothing is corrected, because nobody knows which is right. */
export const skews = (nodes: readonly Node[]): readonly Skew[] => {
  const worst = new Map<string, Skew>()
  for (const node of nodes) {
    const { parent } = node
    if (parent?.span === undefined || node.span === undefined || parent.service === node.service) continue
    const early = parent.start - node.start
    // A call that fits into its caller and yet ends after it; what outlives its caller for good is no matter of clocks.
    const fits = parent.span.kind === 'client' && node.end - node.start <= parent.end - parent.start
    const late = fits ? Math.max(0, node.end - parent.end) : 0
    const shift = early > 0 ? early : -late
    if (Math.abs(shift) < TOLERANCE) continue
    const key = `${parent.service}\n${node.service}`
    const known = worst.get(key)
    if (known === undefined || Math.abs(known.shift) < Math.abs(shift))
      worst.set(key, { node, caller: parent.service, service: node.service, shift })
  }
  return [...worst.values()]
}
