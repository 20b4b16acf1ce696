// In: what became of each export. Out: whether the next one may try.
// Must stay true: plain data an isolate may share between invocations; a probe whose invocation dies is replaced.

/** Failed exports in a row, each with all its tries, after which a receiver counts as dead. */
export const BREAKER_FAILURES = 5
/** How long a dead receiver is left alone before one export probes it: longer than a restart, shorter than patience. */
export const BREAKER_REST_MS = 30_000

export interface Breaker {
  failures: number
  /** Epoch milliseconds of the next probe; 0 while closed. */
  restUntilMs: number
}

export const breaker = (): Breaker => ({ failures: 0, restUntilMs: 0 })

/** `try`: with retries. `probe`: once; until it is settled, or its time has passed, others get `refuse`. */
export function admit(breaker: Breaker, nowMs: number): 'try' | 'probe' | 'refuse' {
  if (breaker.failures < BREAKER_FAILURES) return 'try'
  if (nowMs < breaker.restUntilMs) return 'refuse'
  breaker.restUntilMs = nowMs + BREAKER_REST_MS
  return 'probe'
}

/** `alive`: the receiver answered, whatever it thought of the batch. */
export function settle(breaker: Breaker, alive: boolean, nowMs: number): void {
  breaker.failures = alive ? 0 : breaker.failures + 1
  if (!alive) breaker.restUntilMs = nowMs + BREAKER_REST_MS
}
