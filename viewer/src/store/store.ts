// In: arrivals. Out: what is kept of them, readable from everywhere in the process, and word of what changed.
// Must stay true: one process, one thread, one connection; long work (ingest of a large body, retention, searches) goes in
// slices and lets the event loop breathe between them.
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import type { TraceView } from '../model.ts'
import type { Arrival, ArrivedLog, ArrivedSpan, Group } from '../receive/arrival.ts'
import { traceReader } from './read-trace.ts'
import type { Caps, Retention } from './retention.ts'
import { retention } from './retention.ts'
import { openDatabase } from './schema.ts'
import { type Seen, seenNames } from './seen.ts'
import { type Writer, type Written, writer } from './write.ts'

export interface StoreOptions extends Caps {
  /** A file, or ':memory:'. */
  readonly path: string
}

export interface Refused {
  readonly count: number
  readonly reason: string
}

export interface Store {
  readonly db: DatabaseSync
  readonly seen: Seen
  addSpans(arrival: Arrival<ArrivedSpan>): Promise<Refused>
  addLogs(arrival: Arrival<ArrivedLog>): Promise<Refused>
  trace(traceId: string): TraceView | undefined
  /** Called after each transaction with the traces it touched. Returns the undoing. */
  onChange(listener: (traceIds: ReadonlySet<string>) => void): () => void
  /** Names, the first seen first. */
  services(): readonly string[]
  counts(): StoreCounts
  /** Ids of the newest traces, newest first. */
  newest(limit: number): readonly string[]
  /** Removes what is over the caps, in case nothing arrives that would. */
  trim(): void
  /** Forgets everything. */
  clear(): void
  close(): void
}

export interface StoreCounts {
  readonly traces: number
  readonly spans: number
  readonly logs: number
  readonly bytes: number
  /** Traces removed by retention. */
  readonly removed: number
}

/** Items of one transaction: about ten milliseconds, during which nothing else runs. */
const SLICE = 500

const slices = function* <Item>(groups: readonly Group<Item>[]): Generator<Group<Item>[]> {
  let slice: Group<Item>[] = []
  let size = 0
  for (const group of groups) {
    for (let from = 0; from < group.items.length; ) {
      const items = group.items.slice(from, from + SLICE - size)
      slice.push({ ...group, items })
      size += items.length
      from += items.length
      if (size >= SLICE) {
        yield slice
        slice = []
        size = 0
      }
    }
  }
  if (size > 0) yield slice
}

/** Spans read on opening a file, to offer completion before anything new arrives. */
const REMEMBERED = 5000

const remember = (db: DatabaseSync, seen: Seen): void => {
  for (const row of db.prepare('select attrs from resources order by id desc limit 1000').iterate())
    seen.note('resource', JSON.parse(String(row['attrs'])))
  const recent = db.prepare(`select v.name as service, s.name, b.attrs from spans s join bodies b on b.id = s.id
    join services v on v.id = s.svc order by s.id desc limit ?`)
  for (const row of recent.iterate(REMEMBERED)) {
    seen.noteValue('span', 'service.name', row['service'])
    seen.noteValue('span', 'name', row['name'])
    seen.note('span', JSON.parse(String(row['attrs'])))
  }
}

export const openStore = (options: StoreOptions): Store => {
  const db = openDatabase(options.path)
  const seen = seenNames()
  remember(db, seen)
  const rows: Writer = writer(db, seen)
  const keep: Retention = retention(db, rows, options)
  const listeners = new Set<(traceIds: ReadonlySet<string>) => void>()
  const countLogs = db.prepare('select count(*) as n from logs')
  const countTraces = db.prepare('select count(*) as n from traces')
  const selectNewest = db.prepare('select trace_id from traces order by start_us desc limit ?')
  const selectServices = db.prepare('select name from services order by id limit 1000')
  const read = traceReader(db)

  const add = async <Item>(
    arrival: Arrival<Item>,
    write: (groups: readonly Group<Item>[], nowMs: number) => Written,
  ): Promise<Refused> => {
    let count = 0
    let reason = ''
    let first = true
    for (const slice of slices(arrival.groups)) {
      if (!first) await breathe()
      first = false
      const written = write(slice, Date.now())
      count += written.refused
      reason ||= written.reason
      for (const listener of listeners) listener(written.traceIds)
      while (keep.trim(Date.now())) await breathe()
    }
    return { count, reason }
  }

  return {
    db,
    seen,
    addSpans: (arrival) => add(arrival, rows.spans),
    addLogs: (arrival) => add(arrival, rows.logs),
    trace: read,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    services: () => selectServices.all().map((row) => String(row['name'])),
    counts: () => ({
      traces: Number(countTraces.get()?.['n']),
      spans: rows.spanCount(),
      logs: Number(countLogs.get()?.['n']),
      bytes: keep.bytes(),
      removed: keep.removed(),
    }),
    newest: (limit) => selectNewest.all(limit).map((row) => String(row['trace_id'])),
    trim: () => void keep.trim(Date.now()),
    clear() {
      db.exec(
        'begin; delete from traces; delete from spans; delete from bodies; delete from logs; delete from faults; commit',
      )
      rows.forget(rows.spanCount())
    },
    close: () => db.close(),
  }
}
