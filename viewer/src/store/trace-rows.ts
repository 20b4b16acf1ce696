// In: spans as they are stored. Out: one row a trace that sums them up, so that a list of traces reads no span.
// Must stay true: rows are changed in memory and written once a transaction; the cache may be cleared at any time.
import type { DatabaseSync } from 'node:sqlite'
import type { ArrivedSpan } from '../receive/arrival.ts'
import { noteOf } from './derive.ts'

export interface TraceRow {
  readonly t: number
  readonly traceId: string
  startUs: number
  endUs: number
  spans: number
  errors: number
  /** Of the root. */
  status: number
  /** Empty while no span without a parent has arrived; the rest of the root's columns then tell of the earliest span. */
  rootSpan: string
  rootSvc: number
  rootName: string
  /** See `noteOf`. */
  rootNote: string
  rootStartUs: number
  services: number[]
  readonly receivedMs: number
  revision: number
}

export interface TraceRows {
  of(traceId: string, nowMs: number): TraceRow
  count(row: TraceRow, span: ArrivedSpan, svc: number): void
  /** A span of it was merged with an earlier copy: sums are taken anew. */
  recount(row: TraceRow): void
  touch(row: TraceRow): void
  flush(): void
  clear(): void
}

/** Rows kept at hand: more traces than any sender has open at once. */
const MAX_CACHED = 20_000

export const traceRows = (db: DatabaseSync): TraceRows => {
  const cache = new Map<string, TraceRow>()
  const dirty = new Set<TraceRow>()
  const stale = new Set<TraceRow>()
  const select =
    db.prepare(`select t, start_us, end_us, spans, errors, status, root_span, root_svc, root_name, root_note, services,
    received_ms, revision, coalesce((select min(start_us) from spans s where s.t = traces.t and s.span_id = root_span), start_us)
    as root_start from traces where trace_id = ?`)
  const write = db.prepare(`insert into traces (t, trace_id, start_us, end_us, dur_us, spans, errors, status, root_span,
    root_svc, root_name, root_note, services, received_ms, revision) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (t) do update set start_us = excluded.start_us, end_us = excluded.end_us, dur_us = excluded.dur_us,
    spans = excluded.spans, errors = excluded.errors, status = excluded.status, root_span = excluded.root_span,
    root_svc = excluded.root_svc, root_name = excluded.root_name, root_note = excluded.root_note, services = excluded.services, revision = excluded.revision`)
  const spansOf = db.prepare(
    'select span_id, parent, svc, status, start_us, dur_ns, name from spans where t = ? order by start_us, id',
  )
  let lastT = Number(db.prepare('select coalesce(max(t), 0) as n from traces').get()?.['n'])

  const load = (traceId: string): TraceRow | undefined => {
    const found = select.get(traceId)
    return (
      found && {
        t: Number(found['t']),
        traceId,
        startUs: Number(found['start_us']),
        endUs: Number(found['end_us']),
        spans: Number(found['spans']),
        errors: Number(found['errors']),
        status: Number(found['status']),
        rootSpan: String(found['root_span']),
        rootSvc: Number(found['root_svc']),
        rootName: String(found['root_name']),
        rootNote: String(found['root_note']),
        rootStartUs: Number(found['root_start']),
        services: JSON.parse(String(found['services'])),
        receivedMs: Number(found['received_ms']),
        revision: Number(found['revision']),
      }
    )
  }

  const empty = (t: number, traceId: string, nowMs: number): TraceRow => ({
    ...{
      t,
      traceId,
      startUs: 0,
      endUs: 0,
      spans: 0,
      errors: 0,
      status: 0,
      rootSpan: '',
      rootSvc: 0,
      rootName: '',
      rootNote: '',
    },
    ...{ rootStartUs: 0, services: [], receivedMs: nowMs, revision: 0 },
  })

  const sum = (
    row: TraceRow,
    span: {
      spanId: string
      parent: string
      svc: number
      status: number
      startUs: number
      durationNs: number
      name: string
      note: string
    },
  ): void => {
    const first = row.spans === 0
    const endUs = span.startUs + Math.ceil(span.durationNs / 1000)
    row.spans++
    if (span.status === 2) row.errors++
    if (first || span.startUs < row.startUs) row.startUs = span.startUs
    if (first || endUs > row.endUs) row.endUs = endUs
    if (!row.services.includes(span.svc)) row.services.push(span.svc)
    const isRoot = span.parent === ''
    const earlier = span.startUs < row.rootStartUs
    if (first || (isRoot && (row.rootSpan === '' || earlier)) || (!isRoot && row.rootSpan === '' && earlier)) {
      row.rootSpan = isRoot ? span.spanId : ''
      row.rootSvc = span.svc
      row.rootName = span.name
      row.rootNote = span.note
      row.rootStartUs = span.startUs
      row.status = span.status
    }
  }

  const touch = (row: TraceRow): void => {
    dirty.add(row)
  }

  return {
    touch,
    of(traceId, nowMs) {
      let row = cache.get(traceId)
      if (row === undefined) {
        row = load(traceId) ?? empty(++lastT, traceId, nowMs)
        // Rows that await writing are in `dirty`, so nothing is lost with the cache, but a second object for the same
        // trace must not appear: the cache is cleared between transactions only.
        cache.set(traceId, row)
      }
      return row
    },
    count(row, span, svc) {
      const { spanId, parentSpanId: parent, status, name, duration: durationNs } = span
      sum(row, { spanId, parent, svc, status, startUs: span.start.micros, durationNs, name, note: noteOf(span) })
      touch(row)
    },
    recount(row) {
      stale.add(row)
      touch(row)
    },
    flush() {
      for (const row of stale) {
        Object.assign(row, { spans: 0, errors: 0, status: 0, rootSpan: '', rootName: '', services: [] })
        for (const span of spansOf.all(row.t)) {
          sum(row, {
            ...{ spanId: String(span['span_id']), parent: String(span['parent']), svc: Number(span['svc']) },
            ...{
              status: Number(span['status']),
              startUs: Number(span['start_us']),
              durationNs: Number(span['dur_ns']),
            },
            name: String(span['name']),
            note: row.rootNote,
          })
        }
      }
      for (const row of dirty) {
        row.revision++
        write.run(
          ...[row.t, row.traceId, row.startUs, row.endUs, row.endUs - row.startUs, row.spans, row.errors, row.status],
          ...[
            row.rootSpan,
            row.rootSvc,
            row.rootName,
            row.rootNote,
            JSON.stringify(row.services),
            row.receivedMs,
            row.revision,
          ],
        )
      }
      stale.clear()
      dirty.clear()
      if (cache.size > MAX_CACHED) cache.clear()
    },
    clear() {
      cache.clear()
      dirty.clear()
      stale.clear()
      lastT = Math.max(lastT, Number(db.prepare('select coalesce(max(t), 0) as n from traces').get()?.['n']))
    },
  }
}
