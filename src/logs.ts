// The door of `clew/logs`: where `span.log` writes beyond one JSON line an entry.
export type { Log, LogContext, LogEntry, LogFields, Logger, LogLevel, Logs } from './runtime/logger.ts'
export { type ExceptionSignal, type LogsOptions, logs } from './runtime/logs.ts'
