// In: the name of a peer. Out: the peer. `clew@/path` is another checkout of clew, to see what a change has bought.
import type { Peer } from './peer.ts'

/** In the order of the tables. */
export const PEERS = [
  'floor',
  'clew',
  'opentelemetry-3',
  'opentelemetry-2',
  'otel-cf-workers',
  'logfire',
  'vercel',
  'effect',
  'sentry',
] as const

export async function load(name: string): Promise<Peer<unknown, unknown>> {
  const [library, from = new URL('..', import.meta.url).pathname.slice(0, -1)] = name.split('@')
  if (library === 'clew') return (await import('./peers/clew.ts')).clew(from) as Promise<Peer<unknown, unknown>>
  const path = library === 'floor' ? './floor/floor.ts' : `./peers/${library}/peer.ts`
  return (await import(path)).peer
}
