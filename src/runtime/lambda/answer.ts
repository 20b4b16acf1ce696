// In: what a handler returned. Out: the same, and what it says of the invocation on its span.
// Must stay true: the result reaches the runtime as the handler made it, but for a request that CloudFront sends on, which
// carries the trace.
import { StatusCode } from '../../flush/model.ts'
import { recordGetter } from '../../propagate/getters.ts'
import { captured } from '../http.ts'
import type { HeaderValues } from '../privacy/headers.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { Span } from '../span.ts'
import { type EventDescription, type Json, properties } from './event-description.ts'
import { edgeHeaders, edgeRequest } from './event-http.ts'

/** Writes the status of an HTTP response onto the root span. */
export function answered<Env>(
  root: RecordingSpan<Env>,
  event: unknown,
  result: unknown,
  { trigger }: EventDescription,
): unknown {
  if (trigger !== 'http' || !root.isRecorded()) return result
  const answer = properties(result)
  if (result && result === edgeRequest(properties(event))) return carrying(root, answer)
  captured(root, undefined, headersOf(answer, !!edgeRequest(properties(event))))
  // A function URL answers 200 with a result that is no response (AWS Lambda, "response payload format").
  const status = Number(answer['statusCode'] ?? answer['status'] ?? (result === undefined ? NaN : 200))
  if (status >= 100 && status < 600) {
    root.setAttribute('http.response.status_code', status)
    if (status >= 500) root.setAttribute('error.type', String(status)).setStatus({ code: StatusCode.ERROR })
  }
  return result
}

/** A gateway sends both kinds of an answer's headers (AWS Lambda, "response payload format"). */
function headersOf({ headers, multiValueHeaders }: Json, isEdge: boolean): HeaderValues {
  if (isEdge) return edgeHeaders(headers)
  const [one, several] = [recordGetter(properties(headers)), recordGetter(properties(multiValueHeaders))]
  return { get: (name) => several.get(name) ?? one.get(name) }
}

/** The request that Lambda@Edge sends on to the origin, with the trace in its headers. */
function carrying<Env>(root: Span<Env>, request: Json): Json {
  const { $trace } = root.carry({})
  const headers: Record<string, unknown> = { ...properties(request['headers']) }
  for (const [name, value] of Object.entries($trace)) headers[name] = [{ key: name, value }]
  return { ...request, headers }
}

/** Records which messages of a batch are to be delivered again. */
export function batchAnswered<Env>(span: Span<Env>, result: unknown): void {
  const failures = properties(result)['batchItemFailures']
  if (!Array.isArray(failures) || failures.length === 0) return
  for (const failure of failures)
    span.addEvent('message failed', { 'messaging.message.id': String(properties(failure)['itemIdentifier']) })
  span
    .setAttributes({ 'aws.lambda.batch_item_failures': failures.length, 'error.type': 'batch_item_failures' })
    .setStatus({ code: StatusCode.ERROR, message: `${failures.length} of the batch failed` })
}
