// In: a queue's producer. Out: the same, whose sends are spans of the messaging conventions (1.44, development).
// Must stay true: a message is what the app made it: the context is in it when the app put it there, with `span.carry`.
import { type Attributes, SpanKind } from '../../flush/model.ts'
import { type BindingKind, bindingKind, type Method } from './kind.ts'
import { sizeOf } from './size.ts'

const send = (request: (...args: never[]) => Attributes): Method => ({ kind: SpanKind.PRODUCER, request })

const destination = { 'messaging.operation.name': 'send', 'messaging.operation.type': 'send' }

/** The producer of a queue. */
export const queue: BindingKind = {
  classNames: ['WorkerQueue'],
  trace: (binding, place) =>
    bindingKind(
      'queue',
      [],
      {
        'messaging.system': 'cloudflare_queues',
        'messaging.destination.name': place.name,
      },
      {
        send: send((body: unknown) => ({
          ...destination,
          'messaging.message.body.size': sizeOf(body),
        })),
        sendBatch: {
          ...send((messages: Iterable<unknown>) => ({
            ...destination,
            'messaging.batch.message_count': Array.isArray(messages) ? messages.length : undefined,
          })),
          name: () => `send ${place.name}`,
        },
      },
    ).trace(binding, place),
}
