// In: the spans of one invocation as they start, fail and end. Out: at most `limit` of them, in order of start.
// Must stay true: the root, every error and the ancestors of errors are the last to go; `started` less what is held is
// what was dropped.
import { type SpanRecord, StatusCode } from '../flush/model.ts'

/** A record while its span is open. */
export type OpenRecord = { -readonly [field in keyof SpanRecord]: SpanRecord[field] } & {
  attributes: Record<string, SpanRecord['attributes'][string]>
}

/** The way up from a span, for keeping the ancestors of an error. */
export interface Lineage {
  readonly record: OpenRecord
  readonly parent: Lineage | undefined
}

export interface SpanBuffer {
  /** What is held, in order of start. */
  records(): readonly OpenRecord[]
  /** Spans ever added. */
  readonly started: number
  /** Holds the record, unless the buffer is full: then only a later error can bring it in. */
  add(record: OpenRecord): void
  /** Called when a span ended with an error: it and its ancestors are held from now on, others give way. */
  protect(span: Lineage): void
}

export function spanBuffer(limit: number): SpanBuffer {
  const records: OpenRecord[] = []
  let started = 0
  // Made when the buffer first overflows; until then nothing is looked up.
  let held: Set<OpenRecord> | undefined
  let protectedRecords: Set<OpenRecord> | undefined
  let candidates: OpenRecord[] = []
  let saturated = false

  /** Makes room for one record; false when everything held is open, an error, or above one. */
  function evict(): boolean {
    while (!saturated) {
      // The newest finished spans go first: they are the likeliest leaves.
      if (candidates.length === 0)
        candidates = records.slice(1).filter((record) => record.endMs !== 0 && !protectedRecords?.has(record))
      saturated = candidates.length === 0
      const victim = candidates.pop()
      if (!victim || protectedRecords?.has(victim) || !held?.delete(victim)) continue
      records.splice(records.indexOf(victim), 1)
      return true
    }
    return false
  }

  return {
    // Only what an error brought in late is out of order.
    records: () => (held ? records.sort((a, b) => a.startMs - b.startMs) : records),
    get started() {
      return started
    },
    add(record) {
      started++
      if (records.length < limit) {
        records.push(record)
        held?.add(record)
      }
    },
    protect(span) {
      if (started <= limit) return
      if (!held || !protectedRecords) {
        held = new Set(records)
        protectedRecords = ancestorsOfErrors(records)
      }
      for (let at: Lineage | undefined = span; at && !protectedRecords.has(at.record); at = at.parent) {
        protectedRecords.add(at.record)
        if (held.has(at.record)) continue
        if (records.length >= limit && !evict()) return
        records.push(at.record)
        held.add(at.record)
      }
    },
  }
}

function ancestorsOfErrors(records: readonly OpenRecord[]): Set<OpenRecord> {
  const byId = new Map(records.map((record) => [record.spanId, record]))
  const found = new Set<OpenRecord>()
  for (const record of records) {
    if (record.statusCode !== StatusCode.ERROR) continue
    for (let at: OpenRecord | undefined = record; at && !found.has(at); at = byId.get(at.parentSpanId)) found.add(at)
  }
  return found
}
