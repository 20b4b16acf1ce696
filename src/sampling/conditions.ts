// In: one trace. Out: whether it has a property: an error, a status, a duration, an attribute, a size.
// Must stay true: no chance and no memory: what these keep counts as itself. A trace with an error is found even when
// the buffer had to let the span go.
import { type SpanRecord, StatusCode } from '../flush/model.ts'
import { checked } from './check.ts'
import { type NumberRange, type ValueMatcher, valueTest } from './match.ts'
import { keepWhen, type TailPolicy } from './policy.ts'
import type { LocalTrace } from './tail-sampler.ts'

/** Which spans are looked at: the invocation's root, or any span it recorded. */
export interface SpanChoice {
  /** Default `any`, but `root` for durations. */
  readonly span?: 'root' | 'any'
}

export interface ErrorsOptions extends SpanChoice {
  /** Errors that count; default all. */
  readonly where?: (span: SpanRecord) => boolean
}

/** Keeps traces in which a span ended with status ERROR (Collector: `status_code`). */
export const errors = (options: ErrorsOptions = {}): TailPolicy => {
  const { where, span = 'any' } = options
  const holds = (record: SpanRecord): boolean => record.statusCode === StatusCode.ERROR && (!where || where(record))
  return keepWhen('errors', (trace) => some(trace, span, holds) || (!where && span === 'any' && !!trace.droppedErrors))
}

/** Keeps traces in which a span has one of these statuses, e.g. `statusCodes(StatusCode.OK)`. */
export const statusCodes = (...codes: readonly StatusCode[]): TailPolicy =>
  keepWhen(`statusCodes(${codes.join(', ')})`, (trace) =>
    some(trace, 'any', ({ statusCode }) => codes.includes(statusCode)),
  )

export interface SlowerThanOptions extends SpanChoice {
  /** Milliseconds from which on it is too slow to be of interest (Collector: `upper_threshold_ms`). Default none. */
  readonly upToMs?: number
}

/** Keeps traces whose root (or any span) took `ms` milliseconds or longer (Collector: `latency`). */
export const slowerThan = (ms: number, options: SlowerThanOptions = {}): TailPolicy => {
  checked('slowerThan: ms', ms, 0)
  const { span = 'root', upToMs = Number.POSITIVE_INFINITY } = options
  const holds = (duration: number): boolean => duration >= ms && duration < upToMs
  return keepWhen(`slowerThan(${ms})`, (trace) =>
    span === 'root'
      ? holds(trace.durationMs)
      : trace.spans.some(({ startMs, endMs }) => holds((endMs || trace.nowMs) - startMs)),
  )
}

/**
 * Keeps traces in which a span has an attribute that matches: a string (whole), regular expression, number, boolean,
 * `{ min, max }` or a list of these (Collector: `string_attribute`, `numeric_attribute`, `boolean_attribute`).
 */
export const attribute = (key: string, matcher: ValueMatcher, options: SpanChoice = {}): TailPolicy => {
  const { span = 'any' } = options
  const test = valueTest(matcher)
  return keepWhen(`attribute(${key})`, (trace) => some(trace, span, ({ attributes }) => test(attributes[key])))
}

/** Keeps traces in which any span satisfies the predicate (Collector: `ottl_condition`). */
export const anySpan = (predicate: (span: SpanRecord) => boolean): TailPolicy =>
  keepWhen('anySpan', (trace) => trace.spans.some(predicate))

/** Keeps traces of so many spans, those the buffer let go included (Collector: `span_count`). */
export const spanCount = ({ min = 0, max = Number.POSITIVE_INFINITY }: NumberRange): TailPolicy =>
  keepWhen(`spanCount(${min}..${max})`, ({ spans, dropped }) => {
    const count = spans.length + dropped
    return count >= min && count <= max
  })

/** Keeps traces whose baggage has a value that matches. */
export const baggage = (key: string, matcher: ValueMatcher): TailPolicy => {
  const test = valueTest(matcher)
  return keepWhen(`baggage(${key})`, (trace) => test(trace.baggage?.get(key)))
}

/** Keeps traces whose incoming trace state has a member that matches (Collector: `trace_state`). */
export const traceState = (key: string, matcher: ValueMatcher): TailPolicy => {
  const test = valueTest(matcher)
  return keepWhen(`traceState(${key})`, (trace) => test(trace.parent?.traceState?.get(key)))
}

/** Keeps everything (Collector: `always_sample`). */
export const keepAll = (): TailPolicy => keepWhen('keepAll', () => true)

const some = ({ root, spans }: LocalTrace, choice: 'root' | 'any', test: (span: SpanRecord) => boolean): boolean =>
  choice === 'root' ? test(root) : spans.some(test)
