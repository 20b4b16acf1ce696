// In: a handler's response. Out: the same response, and a root span that waits for a streamed body to end.
// Must stay true: a body whose length the runtime knows is not touched, so that Content-Length and speed stay; neither
// are null bodies, WebSockets, HEAD, and encoded bodies, which the runtime would decode and encode again.
import type { Lifetime } from './invocation.ts'
import type { RecordingSpan } from './recording-span.ts'

/** workerd's pipe: bytes pass through it without entering JavaScript. Absent elsewhere. */
const pipeOf = (): TransformStream | undefined => {
  const { IdentityTransformStream: Pipe } = globalThis as { IdentityTransformStream?: new () => TransformStream }
  return Pipe && new Pipe()
}

/** The response to hand to the runtime; `span` goes on until its body has been sent, has failed, or is not wanted any more. */
export function untilBodyEnds(
  response: Response & { webSocket?: unknown },
  request: Request,
  span: RecordingSpan<unknown>,
  lifetime: Lifetime,
): Response {
  const { body, headers } = response
  if (!body || response.webSocket || request.method === 'HEAD' || headers.has('content-encoding')) return response
  if (hasKnownLength(body)) return response
  const pipe = pipeOf()
  if (!pipe) return response
  lifetime.extend(
    body.pipeTo(pipe.writable).catch((error: unknown) => {
      // The client left: that is its good right. Anything else broke the body off.
      if (!/connection lost|disconnected/i.test(String(error))) span.failed(error)
    }),
  )
  return new Response(pipe.readable, response)
}

/**
 * workerd knows the length of every body that is not a stream of unknown end, and shows it to inspectors under a
 * symbol. Where there is no such symbol the body counts as known: untouched is always right.
 */
function hasKnownLength(body: ReadableStream): boolean {
  const symbol = Object.getOwnPropertySymbols(Object.getPrototypeOf(body)).find((each) => each.description === 'length')
  return !symbol || (body as unknown as Record<symbol, unknown>)[symbol] !== undefined
}
