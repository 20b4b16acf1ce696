// In: the spans of a trace, in any order, from clocks that may disagree. Out: a forest whose every span has one place.
// Must stay true: never loses a span: an unknown parent becomes a node of its own, a circle is cut, and two halves of a
// call that share one id (B3) become caller and called.
import type { SpanView, TraceView } from '../model.ts'

export interface Node {
  /** Undefined for a parent that has not arrived. */
  readonly span: SpanView | undefined
  readonly spanId: string
  readonly service: string
  readonly name: string
  /** Nanoseconds since the trace's start. */
  readonly start: number
  /** Nanoseconds; for an unfinished span, as far as anything below it reaches. */
  readonly end: number
  readonly depth: number
  readonly parent: Node | undefined
  readonly children: readonly Node[]
  /** Spans below it. */
  readonly size: number
}

export interface Tree {
  readonly roots: readonly Node[]
  /** Depth first, as shown. */
  readonly nodes: readonly Node[]
  readonly duration: number
}

interface Draft {
  span: SpanView | undefined
  spanId: string
  service: string
  name: string
  start: number
  end: number
  depth: number
  parent: Draft | undefined
  children: Draft[]
  size: number
}

const byStart = (a: Draft, b: Draft): number => a.start - b.start || a.end - b.end

const draftOf = (span: SpanView): Draft => ({
  ...{ span, spanId: span.spanId, service: span.service, name: span.name },
  ...{ start: span.offset, end: span.offset + span.duration },
  ...{ depth: 0, parent: undefined, children: [], size: 0 },
})

const missing = (spanId: string): Draft => ({
  ...{ span: undefined, spanId, service: '', name: 'parent not received' },
  ...{ start: Number.POSITIVE_INFINITY, end: 0 },
  ...{ depth: 0, parent: undefined, children: [], size: 0 },
})

/** Of several spans with the wanted id, the one that this child most likely means. */
const pick = (candidates: readonly Draft[], child: Draft): Draft | undefined => {
  const others = candidates.filter((candidate) => candidate !== child)
  if (child.span !== undefined && others.length > 1) {
    const own = others.find((candidate) => candidate.service === child.service)
    if (own !== undefined) return own
  }
  return others.at(-1)
}

const adopt = (parent: Draft, child: Draft): void => {
  parent.children.push(child)
  child.parent = parent
}

/** Cuts each circle of parents at its earliest span, which becomes a root. */
const cutCircles = (drafts: readonly Draft[], roots: Draft[]): void => {
  const placed = new Set<Draft>()
  const place = (from: Draft): void => {
    const stack = [from]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      placed.add(node)
      stack.push(...node.children)
    }
  }
  for (const root of roots) place(root)
  for (const draft of drafts) {
    if (placed.has(draft)) continue
    const seen = new Set<Draft>()
    let node = draft
    while (!seen.has(node)) {
      seen.add(node)
      node = node.parent!
    }
    // `node` is on the circle now; what merely hangs below a circle is placed with it.
    let first = node
    for (let on = node.parent!; on !== node; on = on.parent!) if (byStart(on, first) < 0) first = on
    first.parent!.children.splice(first.parent!.children.indexOf(first), 1)
    first.parent = undefined
    roots.push(first)
    place(first)
  }
}

export const treeOf = (trace: Pick<TraceView, 'spans' | 'duration'>): Tree => {
  const drafts = trace.spans.map(draftOf)
  const byId = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const same = byId.get(draft.spanId)
    if (same === undefined) byId.set(draft.spanId, [draft])
    // The caller's half first: it is what the called half hangs under.
    else if (draft.span?.kind === 'client' || draft.span?.kind === 'producer') same.unshift(draft)
    else same.push(draft)
  }
  const roots: Draft[] = []
  const absent = new Map<string, Draft>()
  for (const draft of drafts) {
    const twins = byId.get(draft.spanId)!
    const caller = twins[0]!
    if (twins.length > 1 && draft !== caller && draft.span?.parentSpanId === caller.span?.parentSpanId) {
      adopt(caller, draft)
      continue
    }
    const parentId = draft.span?.parentSpanId ?? ''
    if (parentId === '') {
      roots.push(draft)
      continue
    }
    const parent = pick(byId.get(parentId) ?? [], draft)
    if (parent !== undefined) {
      adopt(parent, draft)
      continue
    }
    let gap = absent.get(parentId)
    if (gap === undefined) {
      gap = missing(parentId)
      absent.set(parentId, gap)
      roots.push(gap)
    }
    adopt(gap, draft)
  }

  cutCircles(drafts, roots)
  const nodes: Draft[] = []
  roots.sort((a, b) => (a.children[0]?.start ?? a.start) - (b.children[0]?.start ?? b.start))
  const stack = roots.toReversed()
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    nodes.push(node)
    node.children.sort(byStart)
    for (const child of node.children.toReversed()) {
      child.depth = node.depth + 1
      stack.push(child)
    }
  }
  // Children come after their parents, so going backwards every child is finished before its parent.
  for (const node of nodes.toReversed()) {
    const open = node.span === undefined || (node.span.unfinished && node.span.duration === 0)
    if (open) {
      for (const child of node.children) {
        if (node.span === undefined) node.start = Math.min(node.start, child.start)
        node.end = Math.max(node.end, child.end)
      }
    }
    if (node.parent !== undefined) node.parent.size += node.size + 1
  }
  const duration = nodes.reduce((longest, node) => Math.max(longest, node.end), trace.duration)
  return { roots, nodes, duration }
}
