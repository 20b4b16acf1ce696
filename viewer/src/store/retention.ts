// In: caps by age, count and bytes. Out: the oldest traces gone, whole, until the rest fits.
// Must stay true: a trace goes with all its spans, logs and faults; one call removes a bounded number, so ingest never
// waits long; what was removed is counted.
import type { DatabaseSync } from 'node:sqlite'
import type { Writer } from './write.ts'

export interface Caps {
  /** Milliseconds since arrival. */
  readonly maxAgeMs: number
  readonly maxSpans: number
  /** Bytes of the database, in memory or in the file. */
  readonly maxBytes: number
}

/** Traces a call removes at most: a few milliseconds of work. */
const STEP = 100

/** Logs that belong to no trace; they have no trace to go with. */
const MAX_LOOSE_LOGS = 100_000

export interface Retention {
  /** Removes what is over; true when there may be more to remove. */
  trim(nowMs: number): boolean
  /** Bytes in use. */
  bytes(): number
  /** Traces removed so far. */
  removed(): number
}

export const retention = (db: DatabaseSync, written: Writer, caps: Caps): Retention => {
  const oldest = db.prepare('select t, spans, received_ms from traces order by t limit ?')
  const removals = [
    'delete from bodies where id in (select id from spans where t between ? and ?)',
    'delete from spans where t between ? and ?',
    'delete from logs where t between ? and ?',
    'delete from faults where t between ? and ?',
    'delete from traces where t between ? and ?',
  ].map((sql) => db.prepare(sql))
  const trimLooseLogs = db.prepare(
    'delete from logs where t = 0 and id <= (select id from logs where t = 0 order by id desc limit 1 offset ?)',
  )
  const pragma = (name: string): number => Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0])
  const pageSize = pragma('page_size')
  const bytes = (): number => (pragma('page_count') - pragma('freelist_count')) * pageSize
  let removedCount = 0
  let calls = 0

  return {
    bytes,
    removed: () => removedCount,
    trim(nowMs) {
      if (calls++ % 64 === 0) trimLooseLogs.run(MAX_LOOSE_LOGS)
      const inUse = bytes()
      // Bytes are known only for the whole, so traces leave in proportion to the excess.
      let excessSpans = Math.max(
        written.spanCount() - caps.maxSpans,
        inUse > caps.maxBytes ? Math.ceil(((inUse - caps.maxBytes) / inUse) * written.spanCount()) || 1 : 0,
      )
      const rows = oldest.all(STEP)
      let last: number | undefined
      let spans = 0
      let count = 0
      for (const row of rows) {
        if (excessSpans <= 0 && Number(row['received_ms']) >= nowMs - caps.maxAgeMs) break
        last = Number(row['t'])
        count++
        spans += Number(row['spans'])
        excessSpans -= Number(row['spans'])
      }
      if (last === undefined) return false
      const first = Number(rows[0]?.['t'])
      db.exec('begin')
      try {
        for (const removal of removals) removal.run(first, last)
        db.exec('commit')
      } catch (error) {
        db.exec('rollback')
        throw error
      }
      removedCount += count
      written.forget(spans)
      return count === STEP
    },
  }
}
