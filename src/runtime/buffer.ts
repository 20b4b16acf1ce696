// In: the spans of one invocation as they start and fail. Out: at most `limit` of them, in order of start.
// Must stay true: the root, every error and the ancestors of errors are the last to go; `started` less what is held is
// what was dropped.
import type { LogRecord } from '../flush/model.ts'
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
  /** A span ended with an error: it and its ancestors stay, and where the buffer has overflowed they take the place of others. */
  protect(span: Lineage): void
}

export function spanBuffer(limit: number): SpanBuffer {
  const records: OpenRecord[] = []
  /** Errors and what is above them. */
  const kept = new Set<OpenRecord>()

  // Plain properties, here and in what an invocation holds: an object literal with a getter has a hidden class of its
  // own, whose getter keeps all it closes over alive until the next full collection, and which no inline cache knows.
  const buffer: SpanBuffer = {
    logs: [],
    started: 0,
    records() {
      return buffer.started > limit ? records.sort((a, b) => a.startMs - b.startMs) : records
    },
    add(record) {
      if (++buffer.started <= limit) records.push(record)
    },
    protect(span) {
      for (let at: Lineage | undefined = span; at && !kept.has(at.record); at = at.parent) {
        if (buffer.started > limit && !records.includes(at.record)) {
          // The newest that has ended well goes first, as the likeliest to have no children; the root never.
          const victim = records.findLastIndex((record) => record.endMs && !kept.has(record))
          if (victim < 1) return
          records.splice(victim, 1)
          records.push(at.record)
        }
        kept.add(at.record)
      }
    },
  }
  return buffer
}
