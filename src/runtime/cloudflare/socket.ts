// In: a WebSocket that a Worker serves itself, and what to do with its events. Out: one span for the connection, which
// lasts until it closes, and an invocation for each event, with a link to it.
// Must stay true: handlers run in the order of the events, as listeners do; nothing waits for a message's export.
import type { ExecutionContext, WebSocket } from '@cloudflare/workers-types'
import { recordFailure } from '../failure.ts'
import { unwrap } from '../forward.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { startOf } from './event.ts'

/** What happens on a socket. The span is the event's own. */
export interface SocketHandlers<Env> {
  message?(span: Span<Env>, data: string | ArrayBuffer): unknown
  close?(span: Span<Env>, code: number, reason: string): unknown
  /** The connection has failed: what the other side sent was no WebSocket frame, or it is gone. */
  error?(span: Span<Env>, error: unknown): unknown
}

/**
 * Listens to a socket: `listen(tracer, ctx, server, { message(span, data) { … } })`, after `server.accept()`. `ctx` is the
 * handler's, with its span. For sockets of Durable Objects that hibernate use `durableObject` instead.
 */
export function listen<Env>(
  tracer: Tracer<Env>,
  ctx: ExecutionContext & { readonly span: Span<Env> },
  socket: WebSocket,
  handlers: SocketHandlers<Env>,
): void {
  const opener = ctx.span as unknown as RecordingSpan<unknown>
  // The runtime's own: what waits for the socket must not hold up the request that opened it.
  const [env, host] = [unwrap(ctx.span.env), unwrap(ctx)]
  const start = (type: string) => startOf(tracer, type, 'other', env, host)

  tracer.invoke({ ...start('websocket'), parent: opener.propagation() }, (connection) => {
    connection.setAttribute('network.protocol.name', 'websocket')
    const links = [{ context: connection.spanContext() }]
    const event = (type: string, handle: (span: Span<Env>) => unknown): unknown =>
      tracer.invoke({ ...start(type), links }, handle)
    socket.addEventListener('message', ({ data }) =>
      event('websocket message', (span) => handlers.message?.(span, data)),
    )
    return new Promise<void>((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        connection.setAttribute('cloudflare.websocket.close.code', code)
        resolve()
        event('websocket close', (span) => handlers.close?.(span, code, reason))
      })
      socket.addEventListener('error', ({ error, message }) => {
        const thrown: unknown = error ?? new Error(message)
        recordFailure(connection, thrown)
        resolve()
        event('websocket error', (span) => handlers.error?.(span, thrown))
      })
    })
  })
}
