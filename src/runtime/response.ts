// In: a handler's response. Out: the same response, and a root span that waits for a streamed body to end.
// Must stay true: a body whose length the runtime knows is not touched, so that Content-Length and speed stay; neither
// are null bodies, WebSockets, HEAD, and encoded bodies, which the runtime would decode and encode again. Whoever leaves,
// the other side learns of it as it would without us.
import type { Lifetime } from './invocation.ts'
import type { RecordingSpan } from './recording-span.ts'

const BODY_SIZE = 'http.response.body.size'

/** A stream that runs for minutes tells what it has done as often as this. */
const FLUSH_EVERY_MS = 30_000

/** The response to hand to the runtime; `span` goes on until its body has been sent, has failed, or is not wanted any more. */
export function untilBodyEnds(
  response: Response & { webSocket?: unknown },
  request: Request,
  span: RecordingSpan<unknown>,
  lifetime: Lifetime,
): Response {
  // workerd's pipe, through which bytes pass without entering JavaScript. To ask Deno for the body of a text makes a
  // stream of it, and its length is lost: where there is no pipe, do not ask.
  const { IdentityTransformStream: Pipe } = globalThis as { IdentityTransformStream?: new () => TransformStream }
  if (!Pipe || !span.isRecording()) return response
  const { body, headers } = response
  if (!body || response.webSocket || request.method === 'HEAD' || headers.has('content-encoding')) return response
  const length = inspect(body, 'length')
  if (length !== undefined) {
    if (length !== UNKNOWN) span.setAttribute(BODY_SIZE, Number(length))
    return response
  }
  const { readable, writable } = new Pipe()
  lifetime.extend(pump(body, writable, span, lifetime))
  return new Response(readable, response)
}

const UNKNOWN = Symbol()

/**
 * What workerd shows of a stream to inspectors, under symbols: its `length` where the end is known, and whether it
 * `supportsBYOB`, which streams made in JavaScript do not. Where there is no such symbol: `UNKNOWN`, and the body counts
 * as known: untouched is always right.
 */
function inspect(body: ReadableStream, what: string): unknown {
  const symbol = Object.getOwnPropertySymbols(Object.getPrototypeOf(body)).find((each) => each.description === what)
  return symbol ? (body as unknown as Record<symbol, unknown>)[symbol] : UNKNOWN
}

/** Never rejects. A host's own stream passes by itself, untimed and uncounted; one that is made in JavaScript is there anyway. */
async function pump(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream,
  span: RecordingSpan<unknown>,
  lifetime: Lifetime,
): Promise<void> {
  try {
    if (inspect(body, 'supportsBYOB') === true) await body.pipeTo(writable)
    else await pass(body, writable, span, lifetime)
  } catch (error) {
    // The client's leave is its good right. Of a stream that passes by itself the runtime does not say which side left it.
    if (/connection lost|disconnected/i.test(String(error)))
      span.setAttribute('cloudflare.outcome', 'responseStreamDisconnected')
    else span.failed(error)
  }
}

/** Throws what the source throws, or that the client has disconnected. */
async function pass(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream,
  span: RecordingSpan<unknown>,
  lifetime: Lifetime,
): Promise<void> {
  const { now } = span.config
  const reader = body.getReader()
  const writer = writable.getWriter()
  let bytes = 0
  let flushedMs = 0
  let hasLeft = false
  // The client may leave while the source has nothing to say: it learns of it at once, as it would without us.
  writer.closed.catch(() => {
    hasLeft = true
    reader.cancel().catch(() => {})
  })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (!flushedMs) {
        flushedMs = now()
        span.setAttribute('cloudflare.response.time_to_first_byte_ms', flushedMs - span.record.startMs)
      }
      if (done) break
      bytes += value.byteLength
      await writer.write(value)
      if (now() - flushedMs >= FLUSH_EVERY_MS) {
        flushedMs = now()
        lifetime.flush()
      }
    }
    await writer.close()
    span.setAttribute(BODY_SIZE, bytes)
  } catch (error) {
    const thrown = hasLeft ? new Error('disconnected') : error
    // Whichever side still listens; the other knows. The runtime itself gives sources no reason.
    await Promise.allSettled([reader.cancel(), writer.abort(error)])
    throw thrown
  }
}
