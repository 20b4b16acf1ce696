// In: a handler's response. Out: the same response, and a root span that waits for a streamed body to end.
// Must stay true: a body whose length the runtime knows is not touched, so that Content-Length and speed stay; neither
// are null bodies, WebSockets, HEAD, and encoded bodies, which the runtime would decode and encode again. Whoever leaves,
// the other side learns of it as it would without us.
import type { Lifetime } from '../invocation-start.ts'
import type { RecordingSpan } from '../recording-span.ts'

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

/** Never rejects. */
async function pump(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream,
  span: RecordingSpan<unknown>,
  lifetime: Lifetime,
): Promise<void> {
  try {
    if (!(await passByHand(body, writable, span, lifetime))) await passByItself(body, writable)
  } catch (error) {
    // The client's leave is its good right.
    if (error === LEFT) span.setAttribute('cloudflare.outcome', 'responseStreamDisconnected')
    else span.failed(error)
  }
}

/**
 * A chunk that passes through JavaScript costs some 50 µs of processor time, whatever its size; what goes by the host's own
 * pipe costs none. So a stream of the host's is counted while it has had no more chunks than the first of these, and no more
 * than the second and one a millisecond: a page is, a download or an hour of events goes on by itself, uncounted. No body
 * may take a tenth longer, nor eat the processor time of a small plan (`node scripts/pass-through.ts`).
 */
const CHUNKS_BY_HAND = 32
const CHUNKS_AT_ONCE = 3

/** What a host reads at most in one piece; nothing waits for a buffer to be full. */
const BUFFER_BYTES = 65_536

/** The client has gone. */
const LEFT = Symbol()
/** What the runtime says to who writes to it, or has it pipe. */
const DISCONNECTED = /connection lost|disconnected/i

/** Whether it has come to its end; the rest may go by itself. Throws what the source throws, or `LEFT`. */
async function passByHand(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream,
  span: RecordingSpan<unknown>,
  lifetime: Lifetime,
): Promise<boolean> {
  const { countBodies, now } = span.config
  const isHosts = inspect(body, 'supportsBYOB') === true
  // The reader of a stream made in JavaScript takes no buffer, and disregards it.
  const reader = (isHosts ? body.getReader({ mode: 'byob' }) : body.getReader()) as ReadableStreamBYOBReader
  const writer = writable.getWriter()
  let buffer = new ArrayBuffer(isHosts ? BUFFER_BYTES : 0)
  let bytes = 0
  let firstMs = 0
  let flushedMs = 0
  let hasLeft = false
  // The client may leave while the source has nothing to say: it learns of it at once, as it would without us.
  writer.closed.catch(() => {
    hasLeft = true
    reader.cancel().catch(() => {})
  })
  let hasFailed = false
  try {
    for (let chunks = 1; ; chunks++) {
      const { done, value } = await reader.read(new Uint8Array(buffer)).catch((error: unknown) => {
        hasFailed = true
        throw error
      })
      const readMs = now()
      if (!firstMs) {
        firstMs = flushedMs = readMs
        span.setAttribute('cloudflare.response.time_to_first_byte_ms', readMs - span.record.startMs)
      }
      if (done) break
      // workerd takes texts for chunks, too.
      bytes += (typeof value === 'string' ? new TextEncoder().encode(value) : value).byteLength
      const written = writer.write(value)
      if (isHosts && !countBodies && chunks > Math.min(CHUNKS_BY_HAND, CHUNKS_AT_ONCE + readMs - firstMs)) {
        // What becomes of this chunk, the pipe learns too.
        written.catch(() => {})
        reader.releaseLock()
        writer.releaseLock()
        return false
      }
      await written
      if (isHosts) buffer = value.buffer
      if (readMs - flushedMs >= FLUSH_EVERY_MS) {
        flushedMs = readMs
        lifetime.flush()
      }
    }
    await writer.close()
    span.setAttribute(BODY_SIZE, bytes)
    return true
  } catch (error) {
    // Before the writer is aborted, which looks like a leave.
    const thrown = hasLeft || (!hasFailed && DISCONNECTED.test(String(error))) ? LEFT : error
    // Whichever side still listens; the other knows. The runtime itself gives sources no reason.
    await Promise.allSettled([reader.cancel(), writer.abort(error)])
    throw thrown
  }
}

/** Throws what the source throws, or `LEFT`: when a pipe breaks, the runtime does not say on which side. */
const passByItself = (body: ReadableStream, writable: WritableStream): Promise<void> =>
  body.pipeTo(writable).catch((error: unknown) => {
    throw DISCONNECTED.test(String(error)) ? LEFT : error
  })
