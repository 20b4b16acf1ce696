// In: arrived spans and logs. Out: rows.
// Must stay true: one call is one transaction; a span that arrives twice is one span (same trace, id and service: OTLP
// senders retry, and B3 lets client and server share an id); what the rows of `traces` sum up equals their spans.
import type { DatabaseSync } from 'node:sqlite'
import type { ArrivedLog, ArrivedSpan, Group } from '../receive/arrival.ts'
import { valueText } from '../receive/arrival.ts'
import { MAX_SPANS_PER_TRACE } from '../receive/limits.ts'
import { faultOfLog, faultsOf, isEntry, labelOfSpan, operationOf, peerOf } from './derive.ts'
import { mergeSpan } from './merge.ts'
import type { Seen } from './seen.ts'
import { traceRows } from './trace-rows.ts'

export interface Written {
  /** Traces touched, by id. */
  readonly traceIds: ReadonlySet<string>
  readonly refused: number
  readonly reason: string
}

export interface Writer {
  spans(groups: readonly Group<ArrivedSpan>[], nowMs: number): Written
  logs(groups: readonly Group<ArrivedLog>[], nowMs: number): Written
  /** Spans stored now. */
  spanCount(): number
  /** After retention removed rows behind the writer's back. */
  forget(spans: number): void
}

/** Ids of texts already stored. A service that invents names without end costs a look-up each, not memory. */
const MAX_INTERNED = 10_000

const interner = (db: DatabaseSync, table: string, column: string): ((text: string) => number) => {
  const known = new Map<string, number>()
  const insert = db.prepare(`insert or ignore into ${table} (${column}) values (?)`)
  const select = db.prepare(`select id from ${table} where ${column} = ?`)
  return (text) => {
    let id = known.get(text)
    if (id !== undefined) return id
    insert.run(text)
    id = Number(select.get(text)?.['id'])
    if (known.size >= MAX_INTERNED) known.clear()
    known.set(text, id)
    return id
  }
}

const highest = (db: DatabaseSync, table: string): number =>
  Number(db.prepare(`select coalesce(max(id), 0) as n from ${table}`).get()?.['n'])

export const writer = (db: DatabaseSync, seen: Seen): Writer => {
  const serviceId = interner(db, 'services', 'name')
  const resourceId = interner(db, 'resources', 'attrs')
  const scopeId = interner(db, 'scopes', 'body')
  const rows = traceRows(db)
  const insertSpan = db.prepare(`insert or ignore into spans
    (id, t, span_id, parent, svc, kind, status, open, start_us, start_ns, dur_ns, entry, name, op, peer, res)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const insertBody = db.prepare('insert into bodies (id, attrs, events, links, more) values (?, ?, ?, ?, ?)')
  const insertFault = db.prepare(`insert into faults (t, span_id, svc, time_us, type, message, pattern, op)
    values (?, ?, ?, ?, ?, ?, ?, ?)`)
  const removeFaults = db.prepare('delete from faults where t = ? and span_id = ? and svc = ?')
  const insertLog = db.prepare(`insert into logs
    (t, span_id, svc, time_us, time_ns, sev, sev_text, event, body, attrs, res) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const merge = mergeSpan(db)
  let lastId = highest(db, 'spans')
  let stored = Number(db.prepare('select count(*) as n from spans').get()?.['n'])

  const intern = (group: Group<unknown>): { svc: number; res: number; scope: number } => {
    seen.note('resource', group.resource)
    return {
      svc: serviceId(group.service),
      res: resourceId(valueText(group.resource)),
      scope: scopeId(valueText([group.scope.name, group.scope.version, group.scope.attributes])),
    }
  }

  const inTransaction = (work: () => Written): Written => {
    const before = { lastId, stored }
    db.exec('begin')
    try {
      const written = work()
      rows.flush()
      db.exec('commit')
      return written
    } catch (error) {
      db.exec('rollback')
      rows.clear()
      lastId = before.lastId
      stored = before.stored
      throw error
    }
  }

  const addFaults = (span: ArrivedSpan, t: number, svc: number, replace: boolean): number => {
    if (span.status !== 2 && span.events.length === 0) return 0
    const faults = faultsOf(span)
    if (replace && faults.length > 0) removeFaults.run(t, span.spanId, svc)
    for (const { type, message, pattern } of faults)
      insertFault.run(t, span.spanId, svc, span.start.micros, type, message, pattern, labelOfSpan(span))
    return faults.length
  }

  const addSpan = (span: ArrivedSpan, t: number, svc: number, res: number, scope: number): boolean => {
    const id = lastId + 1
    const entry = isEntry(span)
    const op = operationOf(span)
    const open = span.unfinished ? 1 : 0
    const { changes } = insertSpan.run(
      ...[id, t, span.spanId, span.parentSpanId, svc, span.kind, span.status, open, span.start.micros, span.start.rest],
      ...[span.duration, entry ? 1 : 0, span.name, op, peerOf(span), res],
    )
    if (changes === 0) {
      merge(t, svc, span, op, peerOf(span))
      addFaults(span, t, svc, true)
      return false
    }
    lastId = id
    stored++
    insertBody.run(
      id,
      valueText(span.attributes),
      span.events.length === 0 ? null : valueText(span.events),
      span.links.length === 0 ? null : valueText(span.links),
      valueText([
        span.traceState,
        span.flags,
        span.statusMessage,
        span.droppedAttributes,
        span.droppedEvents,
        span.droppedLinks,
        scope,
      ]),
    )
    seen.note('span', span.attributes)
    for (const event of span.events) {
      seen.noteValue('event', 'name', event.name)
      seen.note('event', event.attributes)
    }
    addFaults(span, t, svc, false)
    return true
  }

  return {
    spans: (groups, nowMs) =>
      inTransaction(() => {
        const traceIds = new Set<string>()
        let refused = 0
        for (const group of groups) {
          const { svc, res, scope } = intern(group)
          seen.noteValue('span', 'service.name', group.service)
          for (const span of group.items) {
            const row = rows.of(span.traceId, nowMs)
            if (row.spans >= MAX_SPANS_PER_TRACE) {
              refused++
              continue
            }
            seen.noteValue('span', 'name', span.name)
            if (addSpan(span, row.t, svc, res, scope)) rows.count(row, span, svc)
            else rows.recount(row)
            traceIds.add(span.traceId)
          }
        }
        return { traceIds, refused, reason: refused > 0 ? `a trace holds at most ${MAX_SPANS_PER_TRACE} spans` : '' }
      }),
    logs: (groups, nowMs) =>
      inTransaction(() => {
        const traceIds = new Set<string>()
        for (const group of groups) {
          const { svc, res } = intern(group)
          for (const log of group.items) {
            const row = log.traceId === '' ? undefined : rows.of(log.traceId, nowMs)
            const t = row?.t ?? 0
            insertLog.run(
              ...[t, log.spanId, svc, log.time.micros, log.time.rest, log.severity, log.severityText, log.eventName],
              ...[valueText(log.body), valueText(log.attributes), res],
            )
            seen.note('log', log.attributes)
            const found = faultOfLog(log)
            if (found !== undefined)
              insertFault.run(t, log.spanId, svc, log.time.micros, found.type, found.message, found.pattern, '')
            if (row !== undefined) {
              rows.touch(row)
              traceIds.add(log.traceId)
            }
          }
        }
        return { traceIds, refused: 0, reason: '' }
      }),
    spanCount: () => stored,
    forget(spans) {
      stored -= spans
      rows.clear()
    },
  }
}
