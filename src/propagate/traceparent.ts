// In: the text of a traceparent header. Out: the caller's SpanContext, and the way back.
// Must stay true: any string is answered, never with a throw; what is returned has valid ids and only the flags we know.
import type { SpanContext } from './span-context.ts'

/** The longest header text any format reads, in characters: what common servers allow for one header. */
export const MAX_HEADER_LENGTH = 8192

const DASH = 0x2d
const LENGTH = 55

/**
 * Reads a traceparent (Trace Context Level 2, section 3.2). Versions above 00 are read by the rules of 00 and may be
 * followed by `-` and anything. Nothing when the text is invalid: the caller then starts a new trace.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  if (text.length > MAX_HEADER_LENGTH) return undefined
  if (text.length !== LENGTH) text = trimmed(text)
  const size = text.length
  if (
    size < LENGTH ||
    text.charCodeAt(2) !== DASH ||
    text.charCodeAt(35) !== DASH ||
    text.charCodeAt(52) !== DASH ||
    hex(text, 0, 2) < 0 ||
    hex(text, 53, 55) < 0 ||
    hex(text, 3, 35) < 1 ||
    hex(text, 36, 52) < 1 ||
    text.startsWith('ff') ||
    (size > LENGTH && (text.startsWith('00') || text.charCodeAt(LENGTH) !== DASH))
  ) {
    return undefined
  }
  return {
    traceId: text.slice(3, 35),
    spanId: text.slice(36, 52),
    traceFlags: Number.parseInt(text.charAt(54), 16) & 3,
    isRemote: true,
  }
}

/** Writes a traceparent of version 00. The ids must be valid (see `isValid`); reserved flags are written as zero. */
export function formatTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-0${context.traceFlags & 3}`
}

/** Whether both ids have their length in lower-case hex and are not all zero (OpenTelemetry Trace API, "IsValid"). */
export function isValid(context: SpanContext): boolean {
  const { traceId, spanId } = context
  return traceId.length === 32 && spanId.length === 16 && hex(traceId, 0, 32) > 0 && hex(spanId, 0, 16) > 0
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

/** Below zero: not lower-case hex. Zero: zeros only. Above: anything else. */
function hex(text: string, from: number, to: number): number {
  let bits = 0
  for (; from < to; from++) {
    const code = text.charCodeAt(from)
    if (code < 0x30 || (code > 0x39 && code < 0x61) || code > 0x66) return -1
    bits |= code ^ 0x30
  }
  return bits
}
