// In: options for one invocation. Out: a tracer whose clock, ids, randomness and exporter are the test's.
// Must stay true: it is the kit that users get, under the names that our own tests began with.
import type { SpanRecord } from 'clew'
import { type Recorder, recorder, traceTree } from 'clew/testing'

export { countingBytes, manualClock } from 'clew/testing'

export type Bench = Recorder
export const bench: typeof recorder = recorder

/** A trace as an indented tree: name, `[start+duration]` in ms from the first span, attributes, events, status. */
export const tree = (spans: readonly SpanRecord[], attributes: readonly string[] = []): string =>
  traceTree(spans, { attributes })
