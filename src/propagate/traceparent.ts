// In: the text of a traceparent header. Out: the caller's SpanContext, and the way back.
// Must stay true: any string is answered, never with a throw; what is returned has valid ids and only the flags we know.
import type { SpanContext } from './span-context.ts'

/** The longest header text any format reads, in characters: what common servers allow for one header. */
export const MAX_HEADER_LENGTH = 8192

const LENGTH = 55
const DASH = 0x2d
// Searching one character that must not be there is the fastest test of an id there is: no branch depends on a digit.
const NOT_HEX = /[^\da-f]/
const ZEROS = '00000000000000000000000000000000'

/**
 * Reads a traceparent (Trace Context Level 2, section 3.2). Versions above 00 are read by the rules of 00 and may be
 * followed by `-` and anything. Nothing when the text is invalid: the caller then starts a new trace.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  if (text.length > MAX_HEADER_LENGTH) return undefined
  if (text.length !== LENGTH) text = trimmed(text)
  const traceId = text.slice(3, 35)
  const spanId = text.slice(36, 52)
  const flags = text.charCodeAt(54)
  if (
    text.charCodeAt(2) !== DASH ||
    text.charCodeAt(35) !== DASH ||
    text.charCodeAt(52) !== DASH ||
    !isHex(flags) ||
    !isHex(text.charCodeAt(53)) ||
    (text.length > LENGTH && text.charCodeAt(LENGTH) !== DASH) ||
    (text.startsWith('00') ? text.length > LENGTH : !isVersion(text)) ||
    !areIds(traceId, spanId)
  ) {
    return undefined
  }
  // The low bits of a letter's code are one behind those of its digit.
  return { traceId, spanId, traceFlags: (flags + (flags >> 6)) & 3, isRemote: true }
}

/** Writes a traceparent of version 00. The ids must be valid (see `isValid`); reserved flags are written as zero. */
export function formatTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-0${context.traceFlags & 3}`
}

/** Whether both ids have their length in lower-case hex and are not all zero (OpenTelemetry Trace API, "IsValid"). */
export function isValid(context: SpanContext): boolean {
  return areIds(context.traceId, context.spanId)
}

/** The trace id that was proven last: the spans of an invocation share it, so that proving it again costs nothing. */
let provenTraceId = ''

function areIds(traceId: string, spanId: string): boolean {
  if (spanId.length !== 16 || ZEROS.startsWith(spanId) || NOT_HEX.test(spanId)) return false
  if (traceId === provenTraceId) return true
  if (traceId.length !== 32 || traceId === ZEROS || NOT_HEX.test(traceId)) return false
  provenTraceId = traceId
  return true
}

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

function isHex(code: number): boolean {
  return (code > 0x2f && code < 0x3a) || (code > 0x60 && code < 0x67)
}

function isVersion(text: string): boolean {
  return isHex(text.charCodeAt(0)) && isHex(text.charCodeAt(1)) && !text.startsWith('ff')
}
