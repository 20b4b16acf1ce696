// In: a batch of messages. Out: one CONSUMER span of the messaging conventions (1.44, development), with a link for each
// message that carries a context.
// Must stay true: acknowledging and retrying reach the runtime at once and unchanged; what they came to is counted.
import type { Message, MessageBatch } from '@cloudflare/workers-types'
import { SpanKind } from '../../flush/model.ts'
import { contextIn } from '../../propagate/carrier.ts'
import { around, forward } from '../forward.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { EventKind } from './event.ts'

const EVENT: EventKind<readonly [MessageBatch]> = {
  type: 'queue',
  trigger: 'pubsub',
  kind: SpanKind.CONSUMER,
  describe: ({ queue, messages }) => ({
    name: `process ${queue}`,
    attributes: {
      'messaging.system': 'cloudflare_queues',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': queue,
      'messaging.batch.message_count': messages.length,
    },
  }),
  enter(span, { propagator }, batch) {
    if (!span.isRecording()) return [batch]
    for (const { id, body } of batch.messages) {
      const { spanContext } = contextIn(body, propagator)
      if (spanContext) span.addLink({ context: spanContext, attributes: { 'messaging.message.id': id } })
    }
    return [counted(batch, span)]
  },
}

/** Milliseconds: as long as an exporter takes at most by default. */
const EXPORT_MS = 10_000

/** Queue batches, for `workers(tracer, { queue }, [queueEvents])`. */
export const queueEvents: EventKind<readonly [MessageBatch]> = queueEventsWithin(EXPORT_MS)

/**
 * The same, with another limit to how long an export may hold up the acknowledgement of a batch, in milliseconds: the
 * runtime acknowledges when all work has settled, the export included (the compatibility flag
 * `queue_consumer_no_wait_for_wait_until` takes that away). Default of `queueEvents`: 10,000.
 */
export function queueEventsWithin(exportMs: number): EventKind<readonly [MessageBatch]> {
  return { ...EVENT, describe: (batch) => ({ ...EVENT.describe(batch), budgetMs: () => exportMs }) }
}

/** The batch, telling the span what becomes of its messages. The first word on a message counts, as it does in the runtime. */
function counted(batch: MessageBatch, span: RecordingSpan<unknown>): MessageBatch {
  const said = new Map<string, 'ack' | 'retry'>()
  const say = (what: 'ack' | 'retry', messages: readonly Message[]): void => {
    for (const { id } of messages) if (!said.has(id)) said.set(id, what)
    const words = [...said.values()]
    const acked = words.filter((word) => word === 'ack').length
    span.setAttribute('cloudflare.queue.ack_count', acked)
    span.setAttribute('cloudflare.queue.retry_count', words.length - acked)
  }
  /** `host`, on which the methods ending in `suffix` speak for `messages`. */
  const heard = <T extends object>(host: T, suffix: '' | 'All', messages: readonly Message[]): T =>
    forward(host, (key, standIn) => {
      if ((host as object) === batch && key === 'messages') return standIns
      const what = key === `ack${suffix}` ? 'ack' : key === `retry${suffix}` ? 'retry' : undefined
      if (!what) return undefined
      return around(host, key, standIn, (call) => {
        say(what, messages)
        return call()
      })
    })
  const standIns = batch.messages.map((message) => heard(message as Message, '', [message]))
  return heard(batch, 'All', batch.messages)
}
