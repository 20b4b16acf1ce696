// In: nothing. Out: a clock and random bytes that a test rules.
// Must stay true: the same test makes the same ids and times, every time and everywhere.
import type { Clock } from '../clock.ts'
import type { RandomBytes } from '../ids.ts'

/** A clock that stands still until it is told to go on. */
export interface ManualClock {
  readonly now: Clock
  /** Epoch milliseconds at which it began. */
  readonly startMs: number
  /** Goes on by so many milliseconds; returns the time it is then. */
  advance(byMs: number): number
}

/** `startMs`: epoch milliseconds. Default 2027-01-15T08:00:00Z. */
export function manualClock(startMs = 1_800_000_000_000): ManualClock {
  let ms = startMs
  return { now: () => ms, advance: (byMs) => (ms += byMs), startMs }
}

/** Random bytes that count: 1, 2, 3, …, eight bytes each, so that ids are readable and never repeat. */
export function countingBytes(): RandomBytes {
  let count = 0
  return (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (let at = 0; at + 8 <= bytes.length; at += 8) view.setBigUint64(at, BigInt(++count))
  }
}
