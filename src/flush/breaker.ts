// In: what became of each export. Out: whether the next one may try.
// Must stay true: plain data an isolate may share between invocations; a probe whose invocation dies is replaced.
import type { ExportResult } from './exporter.ts'
import { MAX_TRIES } from './transport.ts'

/** Failed exports in a row, each with all its tries, after which a receiver counts as dead. */
export const BREAKER_FAILURES = 5
/** How long a dead receiver is left alone before one export probes it: longer than a restart, shorter than patience. */
export const BREAKER_REST_MS = 30_000

/** The answer while it rests. */
export const RESTING: ExportResult = { ok: false, reason: 'breaker', message: 'given a rest after repeated failures' }

export interface Breaker {
  failures: number
  /** Epoch milliseconds of the next probe; 0 while closed. */
  restUntilMs: number
}

export const breaker = (): Breaker => ({ failures: 0, restUntilMs: 0 })

/** Tries the next export may make: all, one as a probe, or none until the probe is settled or its time has passed. */
export function admit(breaker: Breaker, nowMs: number): number {
  if (breaker.failures < BREAKER_FAILURES) return MAX_TRIES
  if (nowMs < breaker.restUntilMs) return 0
  breaker.restUntilMs = nowMs + BREAKER_REST_MS
  return 1
}

/** `alive`: the receiver answered, whatever it thought of the batch. */
export function settle(breaker: Breaker, alive: boolean, nowMs: number): void {
  breaker.failures = alive ? 0 : breaker.failures + 1
  breaker.restUntilMs = nowMs + BREAKER_REST_MS
}
