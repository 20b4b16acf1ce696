// In: a tree. Out: where errors began and how far they spread upwards.
// Must stay true: an error's origin is a failed span with no failed span below it; its path holds every failed span above
// it, with or without others between; whoever stands above the topmost of them is the one that coped.
import type { Node } from './tree.ts'

export interface ErrorPath {
  /** From the origin upwards; only those that failed. */
  readonly nodes: readonly Node[]
  /** The parent of the topmost that failed; undefined when the failure reached the top. */
  readonly absorbedBy: Node | undefined
  readonly message: string
}

const failed = (node: Node): boolean => node.span?.status === 'error'

/** What a failed span says of its failure: exception, else status, else HTTP status. */
export const errorText = (node: Node): string => {
  const { span } = node
  if (span === undefined) return ''
  const exception = span.events.findLast((event) => event.name === 'exception')?.attributes
  const [type, message] = [exception?.['exception.type'], exception?.['exception.message']]
  if (type !== undefined || message !== undefined) return [type, message].filter(Boolean).join(': ')
  const type2 = span.attributes['error.type']
  if (span.statusMessage !== '') {
    return typeof type2 === 'string' && !/^\d+$/.test(type2) ? `${type2}: ${span.statusMessage}` : span.statusMessage
  }
  const code = span.attributes['http.response.status_code']
  if (code !== undefined) return `HTTP ${String(code)}`
  return type2 === undefined ? 'failed' : String(type2)
}

export const errorPaths = (nodes: readonly Node[]): readonly ErrorPath[] => {
  const aboveFailure = new Set<Node>()
  for (const node of nodes) {
    if (!failed(node)) continue
    for (let up = node.parent; up !== undefined && !aboveFailure.has(up); up = up.parent) aboveFailure.add(up)
  }
  return nodes
    .filter((node) => failed(node) && !aboveFailure.has(node))
    .map((origin) => {
      const path: Node[] = []
      for (let up: Node | undefined = origin; up !== undefined; up = up.parent) if (failed(up)) path.push(up)
      return { nodes: path, absorbedBy: path.at(-1)!.parent, message: errorText(origin) }
    })
}
