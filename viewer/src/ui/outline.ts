// In: a tree, what is folded, whether logs are shown. Out: the rows of the waterfall, in order.
// Must stay true: a folded node hides everything below it, logs included; a log stands under its span by time.
import { labelOf } from '../analysis/label.ts'
import type { Node, Tree } from '../analysis/tree.ts'
import type { LogView } from '../model.ts'

export type OutlineRow =
  | { readonly is: 'span'; readonly node: Node; readonly folded: boolean; readonly last: boolean }
  | {
      readonly is: 'log'
      readonly node: Node | undefined
      readonly log: LogView
      readonly offset: number
      readonly depth: number
    }

/** Nanoseconds between two decimal times, exact enough for a pixel. */
export const nanosBetween = (from: string, to: string): number => Number(BigInt(to) - BigInt(from))

export const outline = (
  tree: Tree,
  folded: ReadonlySet<Node>,
  logs: readonly LogView[],
  startNano: string,
): OutlineRow[] => {
  const bySpan = new Map<string, LogView[]>()
  for (const log of logs) bySpan.set(log.spanId, [...(bySpan.get(log.spanId) ?? []), log])
  const rows: OutlineRow[] = []
  let hiddenBelow = Number.POSITIVE_INFINITY
  for (const node of tree.nodes) {
    if (node.depth > hiddenBelow) continue
    hiddenBelow = folded.has(node) ? node.depth : Number.POSITIVE_INFINITY
    rows.push({ is: 'span', node, folded: folded.has(node), last: node.parent?.children.at(-1) === node })
    if (folded.has(node) || node.span === undefined) continue
    for (const log of bySpan.get(node.spanId) ?? []) {
      rows.push({ is: 'log', node, log, offset: nanosBetween(startNano, log.nano), depth: node.depth + 1 })
    }
    bySpan.delete(node.spanId)
  }
  const known = new Set(tree.nodes.map((node) => node.spanId))
  for (const [spanId, loose] of bySpan) {
    if (known.has(spanId)) continue
    for (const log of loose)
      rows.push({ is: 'log', node: undefined, log, offset: nanosBetween(startNano, log.nano), depth: 0 })
  }
  return rows
}

/** What a screen reader says of a row. */
export const sayNode = (node: Node): string =>
  node.span === undefined
    ? 'a parent span that has not arrived'
    : `${labelOf(node)}, ${node.service}, ${node.span.kind}${node.span.status === 'error' ? ', failed' : ''}`
