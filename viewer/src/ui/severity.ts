// In: a log's severity. Out: its name (OpenTelemetry logs data model, "Severity").

const NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const

export const severityName = (number: number, text: string): string =>
  number > 0 ? NAMES[Math.min(5, Math.floor((number - 1) / 4))]! : text.toUpperCase() || 'LOG'
