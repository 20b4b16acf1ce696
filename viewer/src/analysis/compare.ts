// In: two traces, usually of the same route. Out: one tree of both, span beside span, with what changed.
// Must stay true: spans pair up by service and name among siblings, in order; what has no partner stays, marked as such.
import type { TraceView, Value } from '../model.ts'
import { formatValue } from './format.ts'
import { type Node, treeOf } from './tree.ts'

export interface Pair {
  readonly a: Node | undefined
  readonly b: Node | undefined
  readonly depth: number
  /** Nanoseconds that b took more than a; undefined when one of them is missing. */
  readonly delta: number | undefined
  readonly children: readonly Pair[]
}

const key = (node: Node): string => `${node.service}\n${node.span?.kind}\n${node.name}`

const pairUp = (left: readonly Node[], right: readonly Node[], depth: number): Pair[] => {
  const waiting = new Map<string, Node[]>()
  for (const node of right) waiting.set(key(node), [...(waiting.get(key(node)) ?? []), node])
  const used = new Set<Node>()
  const pairs: Pair[] = left.map((a) => {
    const b = waiting.get(key(a))?.shift()
    if (b !== undefined) used.add(b)
    return pairOf(a, b, depth)
  })
  // What only b has stands where it ran: after the partner of the sibling before it.
  let at = 0
  for (const b of right) {
    if (used.has(b)) at = pairs.findIndex((pair) => pair.b === b) + 1
    else pairs.splice(at++, 0, pairOf(undefined, b, depth))
  }
  return pairs
}

const pairOf = (a: Node | undefined, b: Node | undefined, depth: number): Pair => ({
  a,
  b,
  depth,
  delta: a === undefined || b === undefined ? undefined : b.end - b.start - (a.end - a.start),
  children: pairUp(a?.children ?? [], b?.children ?? [], depth + 1),
})

/** Depth first, as shown. */
export const comparePairs = (a: TraceView, b: TraceView): readonly Pair[] => {
  const flat: Pair[] = []
  const walk = (pairs: readonly Pair[]): void => {
    for (const pair of pairs) {
      flat.push(pair)
      walk(pair.children)
    }
  }
  walk(pairUp(treeOf(a).roots, treeOf(b).roots, 0))
  return flat
}

export interface Difference {
  readonly key: string
  readonly a: Value | undefined
  readonly b: Value | undefined
}

/** Attributes in which two spans differ. */
export const differences = (a: Node | undefined, b: Node | undefined): readonly Difference[] => {
  const [left, right] = [a?.span?.attributes ?? {}, b?.span?.attributes ?? {}]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((name) => formatValue(left[name]) !== formatValue(right[name]))
    .sort()
    .map((name) => ({ key: name, a: left[name], b: right[name] }))
}
