// In: an e-mail, or the traces that a tail Worker is sent. Out: what their root spans say.
// Must stay true: who wrote to whom, and the headers of a mail, are personal: they never leave by themselves.
import type { ForwardableEmailMessage, TraceItem } from '@cloudflare/workers-types'
import { SpanKind } from '../../flush/model.ts'
import type { EventKind } from './event.ts'

export const emailEvents: EventKind<readonly [ForwardableEmailMessage]> = {
  type: 'email',
  trigger: 'other',
  kind: SpanKind.SERVER,
  describe: ({ rawSize }) => ({ name: 'email', attributes: { 'cloudflare.email.size': rawSize } }),
}

export const tailEvents: EventKind<readonly [TraceItem[]]> = {
  type: 'tail',
  trigger: 'other',
  kind: SpanKind.CONSUMER,
  describe: (events) => ({ name: 'tail', attributes: { 'cloudflare.trace.count': events.length } }),
}
