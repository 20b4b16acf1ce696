// In: word that traces changed. Out: each trace once it has come to rest, and again should it change later.
// Must stay true: OTLP never says that a trace is complete, so rest is silence: short when the root is there and every
// parent is known, longer while something is missing. Bounded in traces waited for.
import type { TraceView } from '../model.ts'
import type { Store } from '../store/store.ts'

/** Milliseconds of silence after which a whole trace is shown: the services of one request export within this. */
const WHOLE_MS = 400
/** Milliseconds of silence after which a trace with gaps is shown all the same: exporters batch for up to five seconds. */
const PARTIAL_MS = 6000
/** Traces waited for at once; beyond it the longest waiting is let go without being shown. */
const MAX_WAITING = 5000

export interface Settled {
  onTrace(listener: (trace: TraceView) => void): () => void
  close(): void
}

const isWhole = (trace: TraceView): boolean => {
  const ids = new Set(trace.spans.map((span) => span.spanId))
  const open = trace.spans.some((span) => span.unfinished)
  return (
    !open &&
    trace.spans.length > 0 &&
    trace.spans.every((span) => span.parentSpanId === '' || ids.has(span.parentSpanId))
  )
}

export const settled = (store: Store): Settled => {
  const listeners = new Set<(trace: TraceView) => void>()
  const changedAt = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  const look = (): void => {
    timer = undefined
    const now = Date.now()
    for (const [traceId, at] of changedAt) {
      if (now - at < WHOLE_MS) continue
      const trace = store.trace(traceId)
      if (trace === undefined) changedAt.delete(traceId)
      else if (now - at >= PARTIAL_MS || isWhole(trace)) {
        changedAt.delete(traceId)
        for (const listener of listeners) listener(trace)
      }
    }
    if (changedAt.size > 0) timer = setTimeout(look, WHOLE_MS / 4)
  }

  const stop = store.onChange((traceIds) => {
    if (listeners.size === 0) return
    const now = Date.now()
    for (const traceId of traceIds) {
      changedAt.delete(traceId)
      changedAt.set(traceId, now)
    }
    for (const traceId of changedAt.keys()) {
      if (changedAt.size <= MAX_WAITING) break
      changedAt.delete(traceId)
    }
    timer ??= setTimeout(look, WHOLE_MS)
  })

  return {
    onTrace(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      stop()
      clearTimeout(timer)
    },
  }
}
