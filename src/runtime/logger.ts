// In: a level, a message and fields, said by a span. Out: an entry without secrets, and by default one JSON line of it.
// Must stay true: logging never throws; what the hook takes out is in no line and in no record.
import type { AttributeValue } from '../flush/model.ts'
import type { TimeInput } from './clock.ts'
import { describeException } from './exception.ts'
import type { Config } from './options.ts'
import type { RecordingSpan } from './recording-span.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** What a log entry says beside its message: any JSON value; an `Error` becomes its type, message and stack. */
export type LogFields = { readonly [key: string]: unknown }

/**
 * Writes one entry. An `Error` as the message becomes its text, with type, message and stack as fields. May be handed on
 * detached: `.catch(span.log.error)`.
 */
export type Log = (message: unknown, fields?: LogFields) => void

export type Logger = { readonly [level in LogLevel]: Log }

/** The fields that join a log line with its trace (OpenTelemetry, "Trace Context in non-OTLP Log Formats"). */
export interface LogContext {
  readonly trace_id?: string
  readonly span_id?: string
  /** Two hex digits. */
  readonly trace_flags?: string
}

/** What is to be written. Without secrets already. */
export interface LogEntry {
  readonly timeMs: number
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, AttributeValue>>
  readonly span: RecordingSpan<unknown>
}

/** Where entries go: `logs()` of `clew/logs`, or the one JSON line that needs nothing. */
export interface Logs {
  write(entry: LogEntry, config: Config): void
  /** An exception on its way into a span. True: it was taken and shall not be an event as well. */
  exception?(span: RecordingSpan<unknown>, attributes: LogEntry['fields'], time: TimeInput | undefined): boolean
  /** The least `severityNumber` of records that leave even where their trace does not. Absent: none. */
  readonly independentFrom?: number
}

/** In the order of severity: the OTLP number of a level is four times its place, and one (logs data model). */
export const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

export function loggerOf(span: RecordingSpan<unknown>): Logger {
  return Object.fromEntries(LEVELS.map((level) => [level, logOf(span, level)])) as Logger
}

function logOf(span: RecordingSpan<unknown>, level: LogLevel): Log {
  const { config } = span
  return (said, given) =>
    config.attempt(() => {
      const isError = said instanceof Error
      const { message, ...fields } = config.safe(
        {
          ...(isError && describeException(said).attributes),
          ...(given as LogEntry['fields']),
          message: isError ? said.message : String(said),
        },
        'log',
      )
      config.logs.write({ timeMs: config.now(), level, message: String(message ?? ''), fields, span }, config)
    })
}

/** The line as an object. What clew says of itself cannot be overwritten by a field. */
export function lineOf({ timeMs, level, message, fields, span }: LogEntry, { service }: Config): LogFields {
  const own = { timestamp: new Date(timeMs).toISOString(), level, service, message, ...span.logFields() }
  return { ...own, ...fields, ...own }
}

/** Through the method of the same severity, by which hosts tell lines apart. */
export function print(level: LogLevel, text: string): void {
  console[level === 'trace' ? 'debug' : level === 'fatal' ? 'error' : level](text)
}

export const asJson = (line: LogFields): string =>
  JSON.stringify(line, (_key, value) => (typeof value === 'bigint' ? String(value) : value))

/** One JSON line on the console for every entry. */
export const jsonLines: Logs = { write: (entry, config) => print(entry.level, asJson(lineOf(entry, config))) }
