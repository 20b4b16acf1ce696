// In: spans as they start and end. Out: the same spans elsewhere, beside the export.
// Must stay true: a mirror never throws, keeps nothing of a span that has ended, and replaces nothing.
import type { SpanRecord } from '../flush/model.ts'
import type { OpenRecord } from './record.ts'

/** Who is told of spans while they live: another tracing system of the host's. Never throws. */
export interface Mirror {
  /** The trace id that a new trace takes over, 32 lower-case hex digits; `undefined` for one of our own. */
  traceId(): string | undefined
  /** A span has begun, under `parent` where that is of the same invocation. */
  started(record: OpenRecord, parent: OpenRecord | undefined): void
  /** It has ended: `shown` says all of it that may be seen outside. */
  ended(record: OpenRecord, shown: SpanRecord): void
}
