// In: what a tail Worker sees of another Worker. Out: the lines of `stdoutExporter` among it, at a receiver.
// Must stay true: a line that cannot be delivered is logged, never thrown: there is nobody to catch it.
import { forward, isRequest, liveHost } from './forward.ts'
import { type ReceiverOptions, receiver } from './receiver.ts'

/** A trace item of Cloudflare's tail, as far as it is used. */
export interface TailItem {
  readonly logs: readonly { readonly message: unknown }[]
}

/**
 * The `tail` handler that forwards what `stdoutExporter` printed: `export default { tail: tailForwarder((env) => …) }`.
 * The traced Worker then makes no request of its own.
 */
export function tailForwarder<Env>(
  options: (env: Env) => ReceiverOptions,
  log: (message: string) => void = (message) => console.warn(message),
): (items: readonly TailItem[], env: Env) => Promise<void> {
  return async (items, env) => {
    const open = receiver(options(env))
    for (const { message } of items.flatMap(({ logs }) => logs)) {
      const line: unknown = Array.isArray(message) ? message[0] : message
      if (!isRequest(line)) continue
      const reply = await forward(open, line, liveHost())
      if (!reply.ok) log(`clew: tailed request not delivered: ${reply.message}`)
    }
  }
}
