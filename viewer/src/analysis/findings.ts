// In: a trace. Out: the sentences a colleague would say who looked at its waterfall: where the time went, what failed and
// where it began, what is missing, what could be quicker.
// Must stay true: most important first; each finding names the spans that prove it; no finding without a number.
import type { TraceView } from '../model.ts'
import { errorPaths } from './errors.ts'
import { formatDuration } from './format.ts'
import { labelOf } from './label.ts'
import { covered, repetitions, sequences, skews } from './patterns.ts'
import { criticalPath, heldBy, lengthOf, ownSegments } from './timing.ts'
import { type Node, type Tree, treeOf } from './tree.ts'

export type FindingKind =
  | 'error'
  | 'culprit'
  | 'repetition'
  | 'sequence'
  | 'gap'
  | 'skew'
  | 'missing'
  | 'unfinished'
  | 'collapsed'
  | 'late'

export interface Finding {
  readonly kind: FindingKind
  readonly title: string
  readonly detail: string
  readonly spanIds: readonly string[]
}

/** A share of the trace below which nothing is worth a sentence. */
const WORTH = 0.1
/** Findings of one kind; the rest is more of the same. */
const MAX_OF_KIND = 3

const percent = (part: number, whole: number): string => `${Math.round((part / Math.max(1, whole)) * 100)} %`
const ids = (nodes: readonly Node[]): string[] => nodes.map((node) => node.spanId)
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
const place = (node: Node): string => `${labelOf(node)} in ${node.service}`
const chain = (nodes: readonly Node[]): string =>
  nodes
    .map((node) => node.service)
    .filter((service, i, all) => service !== all[i - 1])
    .join(' → ')

/** The root whose end people wait for: the longest. */
export const mainRoot = (tree: Tree): Node | undefined =>
  tree.roots.reduce<Node | undefined>(
    (best, root) => (best === undefined || root.end - root.start > best.end - best.start ? root : best),
    undefined,
  )

const errors = (tree: Tree): Finding[] =>
  errorPaths(tree.nodes).map(({ nodes, absorbedBy, message }) => {
    const origin = nodes[0]!
    const spread =
      absorbedBy !== undefined
        ? `${absorbedBy.name} (${absorbedBy.service}) coped with it.`
        : nodes.length > 1
          ? `It went up to the root: ${chain(nodes)}.`
          : 'It is the root itself.'
    return { kind: 'error', title: `${place(origin)} failed: ${message}`, detail: spread, spanIds: ids(nodes) }
  })

const culprits = (root: Node): Finding[] => {
  const whole = root.end - root.start
  if (whole <= 0) return []
  // Calls of one kind under one parent are one culprit: two queries of half a second each are a second of that query.
  const groups = new Map<string, { nodes: Node[]; time: number }>()
  for (const [node, time] of heldBy(criticalPath(root))) {
    if (node.span === undefined) continue
    const key = `${node.parent?.spanId}\n${node.service}\n${labelOf(node)}`
    const group = groups.get(key) ?? { nodes: [], time: 0 }
    groups.set(key, group)
    group.nodes.push(node)
    group.time += time
  }
  return [...groups.values()]
    .sort((a, b) => b.time - a.time)
    .filter(({ time }, i) => time / whole >= (i === 0 ? WORTH : 0.25))
    .slice(0, 2)
    .map(({ nodes, time }) => {
      nodes.sort((a, b) => b.end - b.start - (a.end - a.start))
      const calls = nodes.every((node) => node.children.length === 0)
      const share = `${formatDuration(time)} of ${formatDuration(whole)} on the critical path`
      return {
        kind: 'culprit',
        title: `${percent(time, whole)} of the time is ${nodes.length > 1 ? `${nodes.length} × ` : ''}${place(nodes[0]!)}`,
        detail: calls
          ? `${share}; nothing below ${nodes.length > 1 ? 'them' : 'it'} was traced.`
          : `${share} passed in its own code, not in the calls it made.`,
        spanIds: ids(nodes),
      }
    })
}

const gaps = (tree: Tree, root: Node): Finding[] => {
  const whole = root.end - root.start
  return tree.nodes
    .filter((node) => node.span !== undefined && node.children.length > 0)
    .map((node) => ({ node, own: ownSegments(node) }))
    .map(({ node, own }) => ({
      node,
      own,
      total: lengthOf(own),
      longest: Math.max(0, ...own.map((gap) => gap.end - gap.start)),
    }))
    .filter(({ longest }) => longest / Math.max(1, whole) >= WORTH)
    .sort((a, b) => b.longest - a.longest)
    .map(({ node, total, longest }) => ({
      kind: 'gap',
      title: `${formatDuration(longest)} without any call inside ${place(node)}`,
      detail: `${formatDuration(total)} of its ${formatDuration(node.end - node.start)} is time in its own code, or in calls that nothing traced.`,
      spanIds: [node.spanId],
    }))
}

const notes = (tree: Tree, trace: TraceView): Finding[] => {
  const found: Finding[] = []
  for (const { caller, service, shift, node } of skews(tree.nodes)) {
    const how = shift > 0 ? 'behind' : 'ahead of'
    found.push({
      kind: 'skew',
      title: `The clock of ${service} is at least ${formatDuration(Math.abs(shift))} ${how} that of ${caller}`,
      detail: 'Bars are drawn as the clocks told; across these two services, offsets are off by that much.',
      spanIds: [node.spanId],
    })
  }
  const absent = tree.nodes.filter((node) => node.span === undefined)
  if (absent.length > 0) {
    const orphans = absent.flatMap((node) => node.children)
    found.push({
      kind: 'missing',
      title: `${plural(absent.length, 'parent span')} did not arrive`,
      detail: `${plural(orphans.length, 'span')} hang in the air. The parent was not sampled, is still running, or its service sends elsewhere.`,
      spanIds: ids(orphans),
    })
  }
  const open = tree.nodes.filter((node) => node.span?.unfinished)
  if (open.length > 0)
    found.push({
      kind: 'unfinished',
      title: `${plural(open.length, 'span')} never ended`,
      detail: `Among them ${place(open[0]!)}. The invocation closed, or was cut off, while they were open.`,
      spanIds: ids(open),
    })
  const folded = tree.nodes.filter((node) => node.span?.attributes['clew.collapsed.count'] !== undefined)
  if (folded.length > 0) {
    const count = folded.reduce((sum, node) => sum + Number(node.span?.attributes['clew.collapsed.count'] ?? 0), 0)
    found.push({
      kind: 'collapsed',
      title: `${count} spans were folded into ${folded.length}`,
      detail: 'The sender collapsed runs of equal spans; the first keeps their number and total time.',
      spanIds: ids(folded),
    })
  }
  const root = mainRoot(tree)
  const late =
    root === undefined
      ? []
      : tree.nodes.filter(
          (node) =>
            node.span !== undefined &&
            node.parent !== undefined &&
            node.start >= root.end &&
            node.parent.start < root.end,
        )
  if (root !== undefined && late.length > 0 && tree.duration > root.end)
    found.push({
      kind: 'late',
      title: `${plural(late.length, 'span')} ran after the response`,
      detail: `${place(late[0]!)} began after ${root.name} had ended; nobody waited for it.`,
      spanIds: ids(late),
    })
  if (trace.spans.some((span) => span.droppedAttributes + span.droppedEvents + span.droppedLinks > 0)) {
    const cut = trace.spans.filter((span) => span.droppedAttributes + span.droppedEvents + span.droppedLinks > 0)
    found.push({
      kind: 'missing',
      title: `${plural(cut.length, 'span')} dropped attributes, events or links`,
      detail: 'The sender reached its limits.',
      spanIds: cut.map((span) => span.spanId),
    })
  }
  return found
}

export const findingsOf = (trace: TraceView, tree: Tree = treeOf(trace)): readonly Finding[] => {
  const root = mainRoot(tree)
  if (root === undefined) return []
  const whole = Math.max(1, root.end - root.start)
  const repeated = repetitions(tree.nodes).toSorted((a, b) => b.duration - a.duration)
  const serial = sequences(tree.nodes, repeated)
    .filter(({ saving }) => saving / whole >= WORTH)
    .toSorted((a, b) => b.saving - a.saving)
  return [
    ...errors(tree).slice(0, MAX_OF_KIND),
    ...culprits(root),
    ...repeated.slice(0, MAX_OF_KIND).map(
      ({ parent, name, nodes, count, duration }): Finding => ({
        kind: 'repetition',
        title: `${name} ran ${count} times under ${parent.name}`,
        detail: `${formatDuration(duration)} together (N+1). One call for all of them would do the work once.`,
        spanIds: ids(nodes),
      }),
    ),
    ...serial.slice(0, MAX_OF_KIND).map(
      ({ parent, nodes, saving }): Finding => ({
        kind: 'sequence',
        title: `${nodes.length} calls of ${place(parent)} ran one after another`,
        detail: `${nodes
          .map(labelOf)
          .slice(0, 4)
          .join(
            ', then ',
          )}: ${formatDuration(covered(nodes))}. If they do not need each other, side by side saves up to ${formatDuration(saving)}.`,
        spanIds: ids(nodes),
      }),
    ),
    ...gaps(tree, root).slice(0, MAX_OF_KIND),
    ...notes(tree, trace),
  ]
}
