// In: the text of a traceparent header. Out: the caller's SpanContext, and the way back.
// Must stay true: any string is answered, never with a throw; what is returned has valid ids and only the flags we know.
import type { SpanContext } from './span-context.ts'

/** The longest header text any format reads, in characters: what common servers allow for one header. */
export const MAX_HEADER_LENGTH = 8192

// Counting digits in the expression would take twice as long as reading them: the places of the dashes say the same.
const FORM = /^(?!ff)[\da-f]+-(?!0+-)[\da-f]+-(?!0+-)[\da-f]+-[\da-f]+$/
const ID = /^(?!0+$)[\da-f]+$/
const LENGTH = 55
const DASH = 0x2d

/**
 * Reads a traceparent (Trace Context Level 2, section 3.2). Versions above 00 are read by the rules of 00 and may be
 * followed by `-` and anything. Nothing when the text is invalid: the caller then starts a new trace.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  if (text.length > MAX_HEADER_LENGTH) return undefined
  if (text.length !== LENGTH) {
    text = trimmed(text)
    if (text.length > LENGTH && !text.startsWith('00') && text.charCodeAt(LENGTH) === DASH) text = text.slice(0, LENGTH)
    if (text.length !== LENGTH) return undefined
  }
  if (text.charCodeAt(2) !== DASH || text.charCodeAt(35) !== DASH || text.charCodeAt(52) !== DASH || !FORM.test(text)) {
    return undefined
  }
  const flags = text.charCodeAt(54)
  return {
    traceId: (provenTraceId = text.slice(3, 35)),
    spanId: (provenSpanId = text.slice(36, 52)),
    // The low bits of a letter's code are one behind those of its digit.
    traceFlags: (flags + (flags >> 6)) & 3,
    isRemote: true,
  }
}

/** Writes a traceparent of version 00. The ids must be valid (see `isValid`); reserved flags are written as zero. */
export function formatTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-0${context.traceFlags & 3}`
}

/** Whether both ids have their length in lower-case hex and are not all zero (OpenTelemetry Trace API, "IsValid"). */
export function isValid({ traceId, spanId }: SpanContext): boolean {
  if (spanId !== provenSpanId && !(spanId.length === 16 && ID.test(spanId))) return false
  if (traceId === provenTraceId) return true
  if (traceId.length !== 32 || !ID.test(traceId)) return false
  provenTraceId = traceId
  return true
}

// What was proven last: the spans of an invocation share a trace id, and what only forwards shares both.
let provenTraceId = ''
let provenSpanId = ''

/** Without the SP and HTAB around it. */
export function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
