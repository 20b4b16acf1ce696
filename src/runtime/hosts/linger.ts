// In: the invocations of a process that lives on. Out: they leave before it ends.
// Must stay true: holds an invocation until its export has settled, and not a moment longer; never keeps the process alive
// by itself.
import type { Lifetime } from '../invocation-start.ts'
import { onStop } from './stop.ts'
import { settled, settledWithin } from './wait.ts'

/** A host without a limit: what it is told to keep alive lives as long as the process. */
export interface Lingering {
  keepAlive(promise: Promise<unknown>): void
  /** An invocation has begun. */
  opened(lifetime: Lifetime): void
}

/** At most so many milliseconds at the end of the process: what an exporter takes by default. */
const STOP_MS = 10_000

/** Waits at SIGTERM and `beforeExit` for what is leaving, and ends what would be cut off. */
export function linger(): Lingering {
  /** What is to be waited for, and the invocation whose export it is. */
  const pending = new Map<Promise<unknown>, Lifetime | undefined>()
  let latest: Promise<unknown> | undefined
  let isListening = false

  function listen(): void {
    if (isListening) return
    isListening = true
    onStop(async (isLast) => {
      if (isLast) for (const lifetime of pending.values()) lifetime?.close()
      await settledWithin(STOP_MS, settled([...pending.keys()]))
    })
  }

  return {
    keepAlive(promise) {
      listen()
      pending.set(promise, undefined)
      latest = promise
      const settled = (): boolean => pending.delete(promise)
      promise.then(settled, settled)
    },
    opened(lifetime) {
      // The first promise of an invocation is its export's, and comes right before its handler.
      if (latest && pending.has(latest)) pending.set(latest, lifetime)
      latest = undefined
    },
  }
}
