// In: the host's clock, or a test's. Out: epoch milliseconds.
// Must stay true: nothing here reads a clock while a module is evaluated.
// On Workers time stands still between I/O (a Spectre defence), so a span of pure computation lasts 0 ms there.

/** Epoch milliseconds; fractions allowed. */
export type Clock = () => number

/** A point in time as the OpenTelemetry API takes it: epoch or `performance.now()` milliseconds, a Date, or [seconds, nanoseconds]. */
export type TimeInput = number | Date | [seconds: number, nanoseconds: number]

/** Anything below this many milliseconds (1973) cannot be a date: it came from `performance.now()`. */
const EARLIEST_EPOCH_MS = 1e11

/** Epoch milliseconds of `time`, or of `now()` where it is absent or not a time. */
export function epochMs(time: TimeInput | undefined, now: Clock): number {
  if (time === undefined) return now()
  const ms = Array.isArray(time) ? time[0] * 1e3 + time[1] / 1e6 : Number(time)
  if (!(ms >= 0 && ms < Infinity)) return now()
  return ms < EARLIEST_EPOCH_MS ? performance.timeOrigin + ms : ms
}
