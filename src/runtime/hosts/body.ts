// In: a response on a host that does not say when it has sent one. Out: the same response, and word of its body's end.
// Must stay true: a body of known length is not touched, so that its Content-Length stays; a stream is read as slowly as
// its reader reads, and cancelled when its reader cancels.

/** The response to send: `ended` is called once when a streamed body has been read, has failed, or is not wanted. */
export function observeBody(response: Response, ended: (error?: unknown) => void): Response {
  const { body } = response
  if (!body) {
    ended()
    return response
  }
  const reader = body.getReader()
  const observed = new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          ended()
          controller.close()
        } catch (error) {
          ended(error)
          controller.error(error)
        }
      },
      cancel(reason) {
        ended()
        return reader.cancel(reason)
      },
    },
    // Nothing is read ahead of the reader.
    { highWaterMark: 0 },
  )
  return new Response(observed, response)
}

/**
 * True for a body that somebody still writes. What the Fetch standard makes of texts and bytes are byte streams in Node,
 * edge runtimes and browsers; a stream of the user's is one only where he asked for it, and counts as known then:
 * untouched is always right. Bun says it when it is inspected. Deno is not asked: the question turns texts into streams. On
 * Fastly all bodies look alike, and one that comes from a backend would lose its short way: events are streams, by their type.
 */
export function isStreamed(response: Response): boolean {
  const { Bun, Deno, fastly } = globalThis as Host
  const { headers } = response
  if (Deno || response.status === 101 || headers.has('content-length')) return false
  if (fastly) return /^text\/event-stream/.test(headers.get('content-type') ?? '')
  if (Bun) return /^Response \(0 KB\)/.test(Bun.inspect(response, { depth: 0 }))
  const { body } = response
  if (!body || body.locked) return false
  try {
    body.getReader({ mode: 'byob' }).releaseLock()
    return false
  } catch {
    return true
  }
}

/** What tells the hosts apart whose bodies do not tell. */
interface Host {
  readonly Bun?: { inspect(value: unknown, options: object): string }
  readonly Deno?: unknown
  readonly fastly?: unknown
}
