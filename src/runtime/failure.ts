// In: an error that somebody else has dealt with, and the span it belongs to. Out: a span that tells of it, and goes on.
// Must stay true: the span is not ended, and the error goes nowhere: it has been answered for.
import { StatusCode } from '../flush/model.ts'
import { describeException } from './exception.ts'
import type { Span } from './span.ts'

export function recordFailure<Env>(span: Span<Env>, error: unknown): void {
  const { type, message } = describeException(error)
  span.recordException(error)
  span.setAttribute('error.type', type).setStatus({ code: StatusCode.ERROR, message })
}
