// In: a query. Out: the traces it means, newest or slowest first, with the spans that matched.
// Must stay true: spans are looked at newest first in slices, with room for ingest between them, and the search stops as
// soon as it has enough; when no single span meets all conditions, traces are offered whose spans meet them together.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import type { TraceSummary } from '../model.ts'
import { STATUSES } from '../model.ts'
import { type Compiled, compile, type Vocabulary } from '../query/compile.ts'
import { parseQuery, type Query } from '../query/parser.ts'

export type Order = 'newest' | 'slowest' | 'errors'

/** What a box drawn on the scatter plot selects: epoch milliseconds, and nanoseconds of duration. */
export interface Box {
  readonly fromMs: number
  readonly toMs: number
  readonly minNanos: number
  readonly maxNanos: number
}

export interface SearchOptions {
  readonly query: string
  readonly order?: Order
  /** Traces listed; default 500. */
  readonly limit?: number
  readonly box?: Box | undefined
  readonly nowMs?: number
  readonly signal?: AbortSignal
}

/** A trace as a point: id, epoch milliseconds, nanoseconds, and 0 fine, 1 errors inside, 2 failed. */
export type Point = readonly [traceId: string, startMs: number, duration: number, failed: 0 | 1 | 2]

export interface SearchResult {
  readonly traces: readonly TraceSummary[]
  /** Every trace found, whether listed or not, at most MAX_FOUND. */
  readonly points: readonly Point[]
  /** Traces that match, after the box. */
  readonly matched: number
  /** There are more than MAX_FOUND; only the newest were looked at. */
  readonly more: boolean
  /** No one span met every condition; these traces meet them with different spans. */
  readonly widened: boolean
  readonly tookMs: number
}

/** Traces that one search finds at most: points that a plot can still show apart. */
export const MAX_FOUND = 5000
/** Rows a slice looks at: some ten milliseconds. */
const SLICE = 20_000
/** Spans reported as matching within one trace: enough to highlight. */
const MAX_MATCHED = 100

type Matches = Map<number, string[]>

const TRACE_COLUMNS = `tr.t, tr.trace_id, tr.start_us, tr.dur_us, tr.spans, tr.errors, tr.status, tr.root_span, tr.root_name, tr.root_note,
  tr.services, tr.revision, v.name as service from traces tr join services v on v.id = tr.root_svc`

interface Found {
  readonly summary: TraceSummary
  readonly point: Point
}

export interface Search {
  find(options: SearchOptions): Promise<SearchResult>
  /** Whether one trace is meant by a query, the wider reading included. Throws QueryError. */
  meets(traceId: string, query: string, nowMs?: number): boolean
  /** Ids of the spans of one trace that meet a query, or single conditions of it when none meets it all. */
  matching(traceId: string, query: string, nowMs?: number): readonly string[]
}

export const searcher = (db: DatabaseSync, vocabulary: Vocabulary): Search => {
  const selectTrace = db.prepare(`select ${TRACE_COLUMNS} where tr.t = ? and tr.spans > 0`)
  const selectLastSpan = db.prepare('select coalesce(max(id), 0) as n, coalesce(min(id), 0) as low from spans')
  const selectServices = db.prepare('select id, name from services')

  /** Calls back with each matching span, newest first, until told to stop. */
  const scan = async (
    compiled: Compiled,
    found: (t: number, spanId: string) => boolean,
    signal?: AbortSignal,
  ): Promise<boolean> => {
    const tables = ['spans s', ...(compiled.body ? ['join bodies b on b.id = s.id'] : [])]
    if (/\btr\./.test(compiled.sql)) tables.push('join traces tr on tr.t = s.t')
    const statement: StatementSync = db.prepare(
      `select s.t, s.span_id from ${tables.join(' ')} where s.id > ? and s.id <= ? and ${compiled.sql} order by s.id desc`,
    )
    statement.setReturnArrays(true)
    const bounds = selectLastSpan.get()
    const low = Number(bounds?.['low'])
    for (let high = Number(bounds?.['n']); high >= low && high > 0; high -= SLICE) {
      for (const row of statement.iterate(high - SLICE, high, ...compiled.parameters) as unknown as Iterable<
        [number, string]
      >) {
        if (!found(row[0], row[1])) return false
      }
      await breathe()
      signal?.throwIfAborted()
    }
    return true
  }

  const bySpan = async (compiled: Compiled, signal?: AbortSignal): Promise<{ matches: Matches; more: boolean }> => {
    const matches: Matches = new Map()
    const finished = await scan(
      compiled,
      (t, spanId) => {
        const spans = matches.get(t)
        if (spans === undefined) {
          if (matches.size >= MAX_FOUND) return false
          matches.set(t, [spanId])
        } else if (spans.length < MAX_MATCHED) spans.push(spanId)
        return true
      },
      signal,
    )
    return { matches, more: !finished }
  }

  const byTrace = (compiled: Compiled | undefined): { matches: Matches; more: boolean } => {
    const where = compiled === undefined ? '1' : compiled.sql
    const statement = db.prepare(`select tr.t from traces tr where ${where} order by tr.start_us desc limit ?`)
    const rows = statement.all(...(compiled?.parameters ?? []), MAX_FOUND + 1)
    const matches: Matches = new Map(rows.slice(0, MAX_FOUND).map((row) => [Number(row['t']), []]))
    return { matches, more: rows.length > MAX_FOUND }
  }

  /** Traces in which every item is met by some span. */
  const together = async (items: readonly Query[], signal?: AbortSignal): Promise<Matches> => {
    let common: Matches | undefined
    for (const item of items) {
      const matches: Matches = new Map()
      await scan(
        compile(item, vocabulary),
        (t, spanId) => {
          if (common !== undefined && !common.has(t)) return true
          const spans = matches.get(t) ?? [...(common?.get(t) ?? [])]
          if (spans.length < MAX_MATCHED) spans.push(spanId)
          matches.set(t, spans)
          return true
        },
        signal,
      )
      common = matches
      if (common.size === 0) break
    }
    return new Map([...(common ?? [])].slice(0, MAX_FOUND))
  }

  const describe = (matches: Matches): Found[] => {
    const names = new Map(selectServices.all().map((row) => [Number(row['id']), String(row['name'])]))
    const found: Found[] = []
    for (const [t, matched] of matches) {
      const row = selectTrace.get(t)
      if (row === undefined) continue
      const summary: TraceSummary = {
        traceId: String(row['trace_id']),
        startMs: Number(row['start_us']) / 1000,
        duration: Number(row['dur_us']) * 1000,
        spans: Number(row['spans']),
        errors: Number(row['errors']),
        service: String(row['service']),
        name: String(row['root_name']),
        note: String(row['root_note']),
        rootMissing: row['root_span'] === '',
        status: STATUSES[Number(row['status'])] ?? 'unset',
        services: (JSON.parse(String(row['services'])) as number[]).map((id) => names.get(id) ?? ''),
        revision: Number(row['revision']),
        ...(matched.length > 0 ? { matched } : {}),
      }
      const failed = summary.status === 'error' ? 2 : summary.errors > 0 ? 1 : 0
      found.push({ summary, point: [summary.traceId, summary.startMs, summary.duration, failed] })
    }
    return found
  }

  const ORDERS: Record<Order, (a: Found, b: Found) => number> = {
    newest: (a, b) => b.summary.startMs - a.summary.startMs,
    slowest: (a, b) => b.summary.duration - a.summary.duration,
    errors: (a, b) => b.summary.errors - a.summary.errors || b.summary.startMs - a.summary.startMs,
  }

  const meetsOne = (traceId: string, query: Query): boolean => {
    const compiled = compile(query, vocabulary)
    const tables = compiled.traceOnly
      ? 'traces tr'
      : 'traces tr join spans s on s.t = tr.t join bodies b on b.id = s.id'
    const statement = db.prepare(`select 1 from ${tables} where tr.trace_id = ? and ${compiled.sql} limit 1`)
    return statement.get(traceId, ...compiled.parameters) !== undefined
  }

  const matchingOne = (traceId: string, query: Query): string[] => {
    const compiled = compile(query, vocabulary)
    // A condition on the trace alone is met by all of its spans, which tells nothing.
    if (compiled.traceOnly) return []
    const statement =
      db.prepare(`select s.span_id from traces tr join spans s on s.t = tr.t join bodies b on b.id = s.id
      where tr.trace_id = ? and ${compiled.sql}`)
    return statement.all(traceId, ...compiled.parameters).map((row) => String(row['span_id']))
  }

  const matching: Search['matching'] = (traceId, source, nowMs = Date.now()) => {
    const query = parseQuery(source, nowMs)
    if (query === undefined) return []
    const whole = matchingOne(traceId, query)
    if (whole.length > 0 || query.is !== 'and') return whole
    return [...new Set(query.items.flatMap((item) => matchingOne(traceId, item)))]
  }

  const meets: Search['meets'] = (traceId, source, nowMs = Date.now()) => {
    const query = parseQuery(source, nowMs)
    if (query === undefined || meetsOne(traceId, query)) return true
    return query.is === 'and' && query.items.every((item) => meetsOne(traceId, item))
  }

  const find: Search['find'] = async ({
    query: source,
    order = 'newest',
    limit = 500,
    box,
    nowMs = Date.now(),
    signal,
  }) => {
    const started = performance.now()
    const query = parseQuery(source, nowMs)
    const compiled = query && compile(query, vocabulary)
    let widened = false
    let { matches, more } =
      compiled === undefined || compiled.traceOnly ? byTrace(compiled) : await bySpan(compiled, signal)
    if (matches.size === 0 && query?.is === 'and') {
      matches = await together(query.items, signal)
      widened = matches.size > 0
      more = matches.size >= MAX_FOUND
    }
    const found = describe(matches).sort(ORDERS[order])
    const boxed =
      box === undefined
        ? found
        : found.filter(
            ({ summary: { startMs, duration } }) =>
              startMs >= box.fromMs && startMs <= box.toMs && duration >= box.minNanos && duration <= box.maxNanos,
          )
    return {
      traces: boxed.slice(0, limit).map(({ summary }) => summary),
      points: found.map(({ point }) => point),
      matched: boxed.length,
      more,
      widened,
      tookMs: performance.now() - started,
    }
  }
  return { find, meets, matching }
}
