// In: the text of a traceparent header. Out: the caller's SpanContext, and the way back.
// Must stay true: any string is answered, never with a throw; what is returned has valid ids and only the flags we know.
import type { SpanContext } from './span-context.ts'

/** The longest header text any format reads, in characters: what common servers allow for one header. */
export const MAX_HEADER_LENGTH = 8192

// Made by calls without arguments that a bundler must keep, so that no format carries what it does not use.
/** A class for every digit: a counted loop would take twice as long. */
const id = (digits: number): string => `(?!0+\\b)${'[\\da-f]'.repeat(digits)}`
const whole = (digits: number): RegExp => RegExp(`^${id(digits)}$`)
// Only what does not begin with version 00 may go on after the flags.
const header = (): RegExp =>
  RegExp(`^[ \\t]*(?!ff)[\\da-f]{2}-${id(32)}-${id(16)}-[\\da-f]{2}(?:[ \\t]*$|(?<!00-.{52})-)`)
const TRACE_ID: RegExp = /* @__PURE__ */ whole(32)
const SPAN_ID: RegExp = /* @__PURE__ */ whole(16)
const HEADER: RegExp = /* @__PURE__ */ header()

/**
 * Reads a traceparent (Trace Context Level 2, section 3.2). Versions above 00 are read by the rules of 00 and may be
 * followed by `-` and anything. Nothing when the text is invalid: the caller then starts a new trace.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  if (text.length > MAX_HEADER_LENGTH || !HEADER.test(text)) return undefined
  text = text.trimStart()
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
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & 3}`
}

/** Whether both ids have their length in lower-case hex and are not all zero (OpenTelemetry Trace API, "IsValid"). */
export function isValid({ traceId, spanId }: SpanContext): boolean {
  if (traceId !== provenTraceId) {
    if (!TRACE_ID.test(traceId)) return false
    provenTraceId = traceId
  }
  if (spanId !== provenSpanId) {
    if (!SPAN_ID.test(spanId)) return false
    provenSpanId = spanId
  }
  return true
}

// What was proven last: all spans of an invocation share a trace id, all formats and messages of a call both.
let provenTraceId: string | undefined
let provenSpanId: string | undefined

/** Without the SP and HTAB around it. A run is tried at its start only, which keeps the time linear. */
export function trimmed(text: string): string {
  return text.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '')
}
