// In: the spans of one invocation as they start and fail. Out: at most `limit` of them, in order of start.
// Must stay true: the root, every error and the ancestors of errors are the last to go; `started` less what is held is
// what was dropped.
import { type LogRecord, StatusCode } from '../flush/model.ts'
import type { OpenRecord } from './record.ts'

/** The way up from a span, for keeping the ancestors of an error. */
export interface Lineage {
  readonly record: OpenRecord
  readonly parent: Lineage | undefined
}

export interface SpanBuffer {
  /** What is held, in order of start. */
  records(): OpenRecord[]
  /** Log records that leave with these spans. */
  readonly logs: LogRecord[]
  /** Spans ever added. */
  started: number
  /** Holds the record, unless the buffer is full: then only a later error can bring it in. */
  add(record: OpenRecord): void
  /** A span ended with an error: once the buffer has overflowed, it and its ancestors take the place of others. */
  protect(span: Lineage): void
}

export function spanBuffer(limit: number): SpanBuffer {
  let records: OpenRecord[] = []
  /** Errors and what is above them. Made at the first error after the overflow; nothing is looked up before. */
  let kept: Set<OpenRecord> | undefined
  /** Finished spans that may go, the oldest first. */
  let others: OpenRecord[] = []
  const held = new Set<OpenRecord>()

  function firstOverflow(): Set<OpenRecord> {
    const byId = new Map(records.map((record) => [record.spanId, record]))
    const found = new Set([records[0]!])
    for (const record of records) {
      held.add(record)
      if (record.statusCode === StatusCode.ERROR)
        for (let at: OpenRecord | undefined = record; at; at = byId.get(at.parentSpanId)) found.add(at)
    }
    others = records.filter((record) => record.endMs !== 0)
    return found
  }

  // A plain property, here and in what an invocation holds: an object literal with a getter has a hidden class of its
  // own, whose getter keeps all it closes over alive until the next full collection, and which no inline cache knows.
  const buffer: SpanBuffer = {
    logs: [],
    started: 0,
    records: () => (kept ? (records = [...held].sort((a, b) => a.startMs - b.startMs)) : records),
    add(record) {
      if (++buffer.started <= limit) records.push(record)
    },
    protect(span) {
      if (buffer.started <= limit) return
      kept ??= firstOverflow()
      for (let at: Lineage | undefined = span; at && !kept.has(at.record); at = at.parent) {
        kept.add(at.record)
        if (held.has(at.record)) continue
        // The newest of the others go first: they are the likeliest to have no children.
        while (held.size >= limit) {
          const victim = others.pop()
          if (!victim) return
          if (!kept.has(victim)) held.delete(victim)
        }
        held.add(at.record)
      }
    },
  }
  return buffer
}
