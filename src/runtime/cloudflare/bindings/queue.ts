// In: a queue's producer. Out: the same, whose sends are spans of the messaging conventions (1.44, development).
// Must stay true: a message is what the app made it: a context is in it when the app put it there, with `span.carry`, and
// then it is the send's own.
import { SpanKind } from '../../../flush/model.ts'
import { type BindingKind, bindingKind, type Method, told } from './kind.ts'

const sends: Method = { kind: SpanKind.PRODUCER }

/** The producer of a queue. */
export const queue: BindingKind = bindingKind(
  'queue',
  ['WorkerQueue'],
  {
    send: { ...sends, carries: [], request: (body: unknown) => told('messaging.message.body.', 'size#', body) },
    sendBatch: {
      ...sends,
      carries: ['body'],
      name: (said) => `send ${said['messaging.destination.name']}`,
      // Any iterable may be given, and a generator would be spent by counting.
      request: (messages: { readonly length?: number }) => ({ 'messaging.batch.message_count': messages.length }),
    },
  },
  (name) => ({
    'messaging.system': 'cloudflare_queues',
    'messaging.destination.name': name,
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
  }),
)
