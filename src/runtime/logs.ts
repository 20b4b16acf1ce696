// In: log entries and exceptions. Out: lines on the console, and OTLP log records that leave with the spans.
// Must stay true: a record that was not asked for costs nothing; trace context is the span's, whatever the fields say.

import { ClewError } from '../flush/error.ts'
import { type AttributeValue, type LogRecord, SpanKind } from '../flush/model.ts'
import { epochMs } from './clock.ts'
import { asJson, LEVELS, type LogEntry, type LogLevel, type Logs, lineOf, print } from './logger.ts'

export interface LogsOptions {
  /** The least severe level that is written. Default `trace`: everything. */
  readonly level?: LogLevel
  /**
   * On the console: `json` is one line an entry, `pretty` is for people, `none` leaves the console alone.
   * Default: `pretty` where the tracer's `environment` is `development`, else `json`.
   */
  readonly console?: 'json' | 'pretty' | 'none'
  /**
   * OTLP log records as well, on the flush of the spans. `true`: kept and dropped with their trace. A level: from it on
   * a record leaves even where its trace does not, recorded or not. Default false.
   */
  readonly otlp?: boolean | LogLevel
  /** Exceptions as events of their span, as log records, or both (`OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`). Default `events`. */
  readonly exceptions?: ExceptionSignal
  /** Baggage keys that are copied into every entry. Default none. */
  readonly baggage?: readonly string[]
  /** Default: the console's method of the same severity. */
  readonly print?: (level: LogLevel, line: string) => void
}

/** `logs` and `both` need `otlp`. */
export type ExceptionSignal = 'events' | 'logs' | 'both'

/** The first OTLP severity number of a level (logs data model, "Severity"). */
export const severityOf = (level: LogLevel): number => 4 * LEVELS.indexOf(level) + 1

/**
 * Where `span.log` writes: `createTracer({ …, logs: logs({ level: 'info', otlp: 'error' }) })`.
 * @throws {ClewError} `invalid_option` for a level there is not, and for exceptions as logs without `otlp`.
 */
export function logs(options: LogsOptions = {}): Logs {
  const { level = 'trace', console, otlp = false, exceptions = 'events', baggage = [] } = options
  for (const each of [level, otlp])
    if (typeof each === 'string' && !LEVELS.includes(each))
      throw new ClewError('invalid_option', `logs: there is no level ${each}; levels are ${LEVELS.join(', ')}`)
  if (exceptions !== 'events' && !otlp)
    throw new ClewError('invalid_option', 'logs: exceptions leave as log records with otlp: true only')
  const least = severityOf(level)
  const independentFrom = typeof otlp === 'string' ? severityOf(otlp) : undefined
  const write = options.print ?? print

  function emit(
    span: LogEntry['span'],
    record: Omit<LogRecord, 'droppedAttributes' | 'traceId' | 'spanId' | 'traceFlags'>,
  ) {
    if (!span.isRecorded() && !(record.severityNumber >= (independentFrom ?? Infinity))) return
    const { traceId, spanId, traceFlags } = span.record
    span.emit({ ...record, droppedAttributes: 0, traceId, spanId, traceFlags })
  }

  return {
    ...(independentFrom !== undefined && { independentFrom }),
    write(given, config) {
      const severityNumber = severityOf(given.level)
      if (severityNumber < least) return
      const entry = withBaggage(given, baggage)
      const { timeMs, message, fields } = entry
      const form = console ?? (config.environment === 'development' ? 'pretty' : 'json')
      if (form !== 'none') write(entry.level, form === 'json' ? asJson(lineOf(entry, config)) : pretty(entry))
      if (otlp)
        emit(entry.span, {
          timeMs,
          severityNumber,
          severityText: entry.level.toUpperCase(),
          body: message,
          attributes: fields,
          eventName: '',
        })
    },
    exception(span, attributes, time) {
      if (exceptions === 'events') return false
      const { config, record } = span
      // What a server or consumer lets escape nobody will handle; a client's caller is expected to (conventions 1.44).
      const level = record.kind === SpanKind.CLIENT || record.kind === SpanKind.PRODUCER ? 'warn' : 'error'
      const safe = config.safe(attributes, 'log')
      emit(span, {
        timeMs: epochMs(time, config.now),
        severityNumber: severityOf(level),
        severityText: level.toUpperCase(),
        body: safe['exception.message'],
        attributes: safe,
        eventName: eventNameOf(record),
      })
      return exceptions === 'logs'
    },
  }
}

function withBaggage(entry: LogEntry, keys: readonly string[]): LogEntry {
  const { baggage, config } = entry.span
  if (!baggage || keys.length === 0) return entry
  const found: Record<string, AttributeValue> = {}
  for (const key of keys) {
    const value = baggage.get(key)
    if (value !== undefined) found[key] = value
  }
  return { ...entry, fields: { ...config.safe(found, 'baggage'), ...entry.fields } }
}

/** `http.client.request.exception`, as the conventions name them; `exception` where there is no name of its own. */
function eventNameOf({ attributes, kind }: LogEntry['span']['record']): string {
  if (!attributes['http.request.method']) return 'exception'
  if (kind === SpanKind.CLIENT) return 'http.client.request.exception'
  return kind === SpanKind.SERVER ? 'http.server.request.exception' : 'exception'
}

const COLOURS: { readonly [level in LogLevel]: number } = {
  trace: 90,
  debug: 36,
  info: 32,
  warn: 33,
  error: 31,
  fatal: 35,
}

/** `12:00:00.000 INFO  payment declined  decline_reason=expired  4bf92f35…/00f067aa…` */
function pretty({ timeMs, level, message, fields, span }: LogEntry): string {
  const time = new Date(timeMs).toISOString().slice(11, 23)
  const said = Object.entries(fields).map(([key, value]) => `  ${dim(`${key}=`)}${shown(value)}`)
  const { trace_id = '' } = span.logFields()
  const label = `\x1b[${COLOURS[level]}m${level.toUpperCase().padEnd(5)}\x1b[39m`
  return `${dim(time)} ${label} ${message}${said.join('')}${trace_id && dim(`  ${trace_id.slice(0, 8)}`)}`
}

const dim = (text: string): string => `\x1b[2m${text}\x1b[22m`

const shown = (value: AttributeValue): string =>
  typeof value === 'object' && value ? asJson(value as { [key: string]: unknown }) : String(value)
