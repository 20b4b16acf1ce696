// In: a span. Out: its name, with the host it calls where conventions leave the name bare (`POST` → `POST cards.example`).
import type { Node } from './tree.ts'

/** Semantic conventions name an HTTP client span by its method alone, which tells a reader nothing. */
const BARE = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY|HTTP)$/

export const labelFor = (name: string, isClient: boolean, host: unknown): string =>
  isClient && BARE.test(name) && typeof host === 'string' ? `${name} ${host}` : name

export const labelOf = ({ name, span }: Pick<Node, 'name' | 'span'>): string =>
  labelFor(name, span?.kind === 'client', span?.attributes['server.address'])
