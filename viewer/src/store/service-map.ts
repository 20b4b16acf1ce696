// In: the newest spans. Out: which service calls which, how often, how slowly, and with how many failures.
// Must stay true: an edge is a span whose parent belongs to another service; a database, queue or host that never answers
// with spans of its own appears as the peer its callers name.
import type { DatabaseSync } from 'node:sqlite'
import { percentile } from './statistics.ts'

export type NodeKind = 'service' | 'database' | 'queue' | 'host'

export interface MapNode {
  readonly id: string
  readonly kind: NodeKind
  readonly name: string
  readonly count: number
  readonly errors: number
  /** Nanoseconds. */
  readonly p95: number
}

export interface MapEdge {
  readonly from: string
  readonly to: string
  readonly count: number
  readonly errors: number
  /** Nanoseconds. */
  readonly p50: number
  readonly p95: number
}

export interface ServiceMap {
  readonly nodes: readonly MapNode[]
  readonly edges: readonly MapEdge[]
}

/** Spans looked at: the newest, some tenths of a second of work. */
const MAX_SPANS = 100_000

interface Tally {
  readonly nanos: number[]
  errors: number
}

const add = (tallies: Map<string, Tally>, key: string, nanos: number, failed: boolean): void => {
  let tally = tallies.get(key)
  if (tally === undefined) tallies.set(key, (tally = { nanos: [], errors: 0 }))
  tally.nanos.push(nanos)
  if (failed) tally.errors++
}

const p = (tally: Tally, rank: number): number => percentile(Float64Array.from(tally.nanos).sort(), rank)

export const serviceMapper = (db: DatabaseSync): ((fromMs?: number) => ServiceMap) => {
  const select = db.prepare(`select c.kind, c.status, c.dur_ns, c.entry, c.peer, v.name as service, w.name as caller,
      c.peer <> '' and exists (select 1 from spans k where k.t = c.t and k.parent = c.span_id and k.svc <> c.svc) as answered
    from (select * from spans where start_us >= ? order by id desc limit ?) c
    join services v on v.id = c.svc
    left join spans q on q.t = c.t and q.span_id = c.parent and q.svc <> c.svc and c.parent <> ''
    left join services w on w.id = q.svc
    where c.entry = 1 or c.peer <> '' or w.name is not null`)

  return (fromMs = 0) => {
    const nodes = new Map<string, Tally>()
    const edges = new Map<string, Tally>()
    for (const row of select.iterate(fromMs * 1000, MAX_SPANS)) {
      const id = `service:${row['service']}`
      const nanos = Number(row['dur_ns'])
      const failed = row['status'] === 2
      const caller = row['caller']
      if (row['entry'] === 1 || caller !== null) add(nodes, id, nanos, failed)
      if (caller !== null) add(edges, `service:${caller}\n${id}`, nanos, failed)
      const peer = String(row['peer'])
      if (peer !== '' && row['answered'] !== 1) {
        add(nodes, peer, nanos, failed)
        add(edges, `${id}\n${peer}`, nanos, failed)
      }
    }
    return {
      nodes: [...nodes].map(([id, tally]): MapNode => {
        const [kind, ...name] = id.split(':')
        return {
          id,
          kind: kind as NodeKind,
          name: name.join(':'),
          count: tally.nanos.length,
          errors: tally.errors,
          p95: p(tally, 0.95),
        }
      }),
      edges: [...edges].map(([key, tally]): MapEdge => {
        const [from, to] = key.split('\n') as [string, string]
        return { from, to, count: tally.nanos.length, errors: tally.errors, p50: p(tally, 0.5), p95: p(tally, 0.95) }
      }),
    }
  }
}
