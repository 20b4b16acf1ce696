// In: the identity of the span that answers a request. Out: a response header a browser can find its trace by.
// Must stay true: written on request only; nothing here is ever read for a decision.
import type { SpanContext } from './span-context.ts'
import { formatTraceparent } from './traceparent.ts'

/** The value of a `Server-Timing` header: `trace;desc=00-…` (Trace Context, editor's draft, response header). */
export function formatServerTiming(context: SpanContext): string {
  return `trace;desc=${formatTraceparent(context)}`
}

/**
 * Appends the header to a response's. With `allowOrigin`, an origin or `*`, pages of that origin may read it across
 * origins: through `PerformanceResourceTiming` and from a fetched response.
 */
export function appendServerTiming(
  headers: { append(name: string, value: string): void },
  context: SpanContext,
  allowOrigin?: string,
): void {
  headers.append('server-timing', formatServerTiming(context))
  if (allowOrigin === undefined) return
  headers.append('timing-allow-origin', allowOrigin)
  headers.append('access-control-expose-headers', 'server-timing')
}

/** For the tracer's `responseHeaders`: every response tells its trace; across origins to pages of `allowOrigin`. */
export function serverTiming(
  allowOrigin?: string,
): (headers: { append(name: string, value: string): void }, context: SpanContext) => void {
  return (headers, context) => appendServerTiming(headers, context, allowOrigin)
}
