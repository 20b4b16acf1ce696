// In: nanoseconds and values. Out: the texts in which people read them, the same in page, terminal and export.
import type { Value } from '../model.ts'

const STEPS = [
  [1e3, 1, 'ns'],
  [1e6, 1e3, 'µs'],
  [1e9, 1e6, 'ms'],
  [60e9, 1e9, 's'],
  [3600e9, 60e9, 'min'],
  [Number.POSITIVE_INFINITY, 3600e9, 'h'],
] as const

/** Three significant digits and a unit: `1.24 s`, `85 ms`, `310 µs`. */
export const formatDuration = (nanos: number): string => {
  if (nanos === 0) return '0 ms'
  const [, unit, name] = STEPS.find(([limit]) => Math.abs(nanos) < limit * 0.9995) ?? STEPS[5]
  const value = nanos / unit
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return `${Number(value.toFixed(digits))} ${name}`
}

/** A value as one line of text, tags resolved. */
export const formatValue = (value: Value | undefined): string => {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return String(value)
  if (!Array.isArray(value)) {
    const tagged = value as { readonly [key: string]: Value }
    for (const tag of ['$int', '$double', '$bytes']) if (typeof tagged[tag] === 'string') return tagged[tag]
    if (tagged['$cut'] === true) return '…'
  }
  return JSON.stringify(value)
}

/** As the query language writes it. */
export const formatLiteral = (value: Value): string => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return JSON.stringify(formatValue(value))
}

export const formatCount = (count: number): string =>
  count < 1000
    ? String(count)
    : count < 1e6
      ? `${Number((count / 1e3).toPrecision(3))}k`
      : `${Number((count / 1e6).toPrecision(3))}M`

export const formatBytes = (bytes: number): string =>
  bytes < 1024 ** 2
    ? `${Math.round(bytes / 1024)} KiB`
    : bytes < 1024 ** 3
      ? `${Math.round(bytes / 1024 ** 2)} MiB`
      : `${(bytes / 1024 ** 3).toFixed(1)} GiB`
