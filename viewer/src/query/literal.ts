// In: one value as typed. Out: what it can mean: a duration, a point in time, a number, a text.
// Must stay true: pure; the clock is an argument.

const UNIT_NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  min: 60e9,
  h: 3600e9,
  d: 86_400e9,
}

const DURATION = /^([+-]?\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|min|s|m|h|d)$/i
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i

/** Nanoseconds of `150ms`, `2s`, `1.5h`; undefined when it is no duration. */
export const durationOf = (text: string): number | undefined => {
  const match = DURATION.exec(text)
  return match ? Number(match[1]) * UNIT_NANOS[match[2]!.toLowerCase()]! : undefined
}

export const numberOf = (text: string): number | undefined => (NUMBER.test(text) ? Number(text) : undefined)

/** Epoch milliseconds of an ISO 8601 date; local time unless it names a zone, as people mean it. */
export const dateOf = (text: string): number | undefined => {
  if (!DATE.test(text)) return undefined
  const time = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'))
  return Number.isNaN(time) ? undefined : time
}

/** Lowest number of each severity (OpenTelemetry logs data model, "Severity"). */
export const SEVERITY: Readonly<Record<string, number>> = {
  TRACE: 1,
  DEBUG: 5,
  INFO: 9,
  WARN: 13,
  WARNING: 13,
  ERROR: 17,
  FATAL: 21,
}
