// In: services and who calls whom. Out: a place for each: callers left of those they call, few crossings.
// Must stay true: pure and deterministic; circles of calls do not hang it; the same map is laid out the same.
import type { MapEdge, MapNode } from '../store/service-map.ts'

export interface Placed {
  readonly node: MapNode
  readonly x: number
  readonly y: number
}

export const NODE_WIDTH = 216
export const NODE_HEIGHT = 62
const COLUMN = 340
const ROW = 96
/** Sweeps that order the columns: more change nothing on maps a person can read. */
const SWEEPS = 8

/** Column of each node: one more than its farthest caller's, calls back to a caller left aside. */
const columnsOf = (nodes: readonly MapNode[], edges: readonly MapEdge[]): Map<string, number> => {
  const calls = new Map<string, string[]>()
  for (const { from, to } of edges) if (from !== to) calls.set(from, [...(calls.get(from) ?? []), to])
  const column = new Map<string, number>()
  const onPath = new Set<string>()
  const called = new Set(edges.filter(({ from, to }) => from !== to).map(({ to }) => to))
  const visit = (id: string, depth: number): void => {
    if (onPath.has(id) || (column.get(id) ?? -1) >= depth) return
    column.set(id, depth)
    onPath.add(id)
    for (const next of calls.get(id) ?? []) visit(next, depth + 1)
    onPath.delete(id)
  }
  for (const { id } of nodes) if (!called.has(id)) visit(id, 0)
  for (const { id } of nodes) if (!column.has(id)) visit(id, 0)
  return column
}

export const layOut = (
  nodes: readonly MapNode[],
  edges: readonly MapEdge[],
): { placed: Placed[]; width: number; height: number } => {
  const sorted = nodes.toSorted((a, b) => a.id.localeCompare(b.id))
  const column = columnsOf(sorted, edges)
  const columns: MapNode[][] = []
  for (const node of sorted) (columns[column.get(node.id)!] ??= []).push(node)
  const position = new Map<string, number>()
  const settle = (): void => {
    for (const own of columns)
      own?.forEach((node, i) => {
        position.set(node.id, i - (own.length - 1) / 2)
      })
  }
  settle()
  const neighbours = (id: string): string[] =>
    edges.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []))
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const own of columns) {
      const weight = new Map(
        own?.map((node) => {
          const others = neighbours(node.id).map((id) => position.get(id) ?? 0)
          return [
            node.id,
            others.length === 0 ? position.get(node.id)! : others.reduce((sum, y) => sum + y, 0) / others.length,
          ]
        }),
      )
      own?.sort((a, b) => weight.get(a.id)! - weight.get(b.id)!)
    }
    settle()
  }
  const tallest = Math.max(1, ...columns.map((own) => own?.length ?? 0))
  const placed = sorted.map((node) => ({
    node,
    x: column.get(node.id)! * COLUMN + 20,
    y: (position.get(node.id)! + (tallest - 1) / 2) * ROW + 20,
  }))
  const width = Math.max(1, columns.length) * COLUMN - (COLUMN - NODE_WIDTH) + 40
  return { placed, width, height: tallest * ROW }
}
