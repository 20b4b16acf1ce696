// In: a tree. Out: for each node, when nothing below it ran (its own time), and the chain of spans that the end waited for.
// Must stay true: times are clipped to the parent, so work that outlives a response never counts into it; the critical
// path's segments are disjoint and add up to the root's length.
import type { Node } from './tree.ts'

export interface Segment {
  readonly start: number
  readonly end: number
}

/** The parts of a node during which no child ran: time in its own code, in order. */
export const ownSegments = (node: Node): readonly Segment[] => {
  const own: Segment[] = []
  let at = node.start
  for (const child of node.children) {
    const start = Math.max(child.start, node.start)
    const end = Math.min(child.end, node.end)
    if (end <= at || start >= node.end) continue
    if (start > at) own.push({ start: at, end: start })
    at = end
  }
  if (node.end > at) own.push({ start: at, end: node.end })
  return own
}

export const lengthOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { start, end }) => sum + end - start, 0)

export interface PathSegment extends Segment {
  readonly node: Node
}

/**
 * The critical path of a node: walking back from its end, the child that ended last is what it waited for, and what lies
 * between children is its own. Latest segment first.
 */
export const criticalPath = (root: Node): readonly PathSegment[] => {
  const path: PathSegment[] = []
  const stack: { readonly node: Node; readonly from: number; readonly to: number }[] = [
    { node: root, from: root.start, to: root.end },
  ]
  for (let work = stack.pop(); work !== undefined; work = stack.pop()) {
    const { node, from } = work
    let to = work.to
    const inside: { readonly node: Node; readonly from: number; readonly to: number }[] = []
    for (const child of node.children.toSorted((a, b) => b.end - a.end)) {
      const end = Math.min(child.end, node.end)
      // A child still running at `to` was not what the node waited for there, unless skew alone makes it so.
      if (end > to || child.start >= to || end <= from) continue
      if (end < to) path.push({ node, start: end, end: to })
      const start = Math.max(child.start, from)
      inside.push({ node: child, from: start, to: end })
      to = start
      if (to <= from) break
    }
    if (to > from) path.push({ node, start: from, end: to })
    stack.push(...inside)
  }
  return path.sort((a, b) => b.start - a.start)
}

/** Nanoseconds that each node holds of a critical path. */
export const heldBy = (path: readonly PathSegment[]): ReadonlyMap<Node, number> => {
  const held = new Map<Node, number>()
  for (const { node, start, end } of path) held.set(node, (held.get(node) ?? 0) + end - start)
  return held
}
