// In: a batch, on one side of a Cloudflare Queue; its messages, on the other. Out: the same bytes at a receiver, later.
// Must stay true: a message is one OTLP/JSON request, so that any consumer can send it; it is acknowledged only when the
// receiver has answered it for good.
import type { Exporter } from './exporter.ts'
import { forward, liveHost } from './forward.ts'
import { json } from './json.ts'
import { storeParts } from './parts.ts'
import { type ReceiverOptions, receiver } from './receiver.ts'
import { asText } from './stdout.ts'

/** A Cloudflare Queue's producer binding, as far as it is used. */
export interface SpoolQueue {
  send(body: string, options: { contentType: 'text' }): Promise<unknown>
}

/** Cloudflare's limit is 128 kB a message, some hundred bytes of its own included. */
const MAX_MESSAGE_BYTES = 127_000

/** Puts encoded batches on a Cloudflare Queue: what `fallback(otlp(…), queueExporter(env.SPOOL))` could not send. */
export function queueExporter(queue: SpoolQueue, options: { readonly maxMessageBytes?: number } = {}): Exporter {
  const { maxMessageBytes = MAX_MESSAGE_BYTES } = options
  const encoder = json()
  return {
    export: (batch, host) =>
      storeParts(batch, host, encoder, maxMessageBytes, (body) => queue.send(asText(body), { contentType: 'text' })),
  }
}

/** A batch of messages as a queue's consumer gets it. */
export interface SpoolBatch {
  readonly messages: readonly {
    readonly body: unknown
    readonly attempts: number
    ack(): void
    retry(options?: { delaySeconds?: number }): void
  }[]
}

/** Cloudflare's longest delay is twelve hours; an hour is enough for a receiver that is down. */
const MAX_DELAY_SECONDS = 3600

/**
 * The `queue` handler that re-sends what `queueExporter` put there: `export default { queue: queueConsumer((env) => …) }`.
 * A receiver that is down makes the message come back later, each time after twice as long; what it refuses for good is
 * logged and let go. Set the queue's `max_retries` and a dead-letter queue for what never gets through.
 */
export function queueConsumer<Env>(
  options: (env: Env) => ReceiverOptions,
  log: (message: string) => void = (message) => console.warn(message),
): (batch: SpoolBatch, env: Env) => Promise<void> {
  return async ({ messages }, env) => {
    const open = receiver(options(env))
    for (const message of messages) {
      const reply = await forward(open, message.body, liveHost())
      if (!reply.ok) log(`clew: spooled request not delivered: ${reply.message}`)
      if (reply.ok || reply.alive) message.ack()
      else message.retry({ delaySeconds: Math.min(MAX_DELAY_SECONDS, 10 * 2 ** message.attempts) })
    }
  }
}
