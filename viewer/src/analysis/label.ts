// In: a span. Out: its name, with the host it calls where conventions leave the name bare (`POST` → `POST cards.example`).
import type { Node } from './tree.ts'

/** Semantic conventions name an HTTP client span by its method alone, which tells a reader nothing. */
const BARE = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY|HTTP)$/

export const labelOf = (node: Pick<Node, 'name' | 'span'>): string => {
  const host = node.span?.attributes['server.address']
  return node.span?.kind === 'client' && BARE.test(node.name) && typeof host === 'string'
    ? `${node.name} ${host}`
    : node.name
}
