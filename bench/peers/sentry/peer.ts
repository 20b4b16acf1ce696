// @sentry/cloudflare: its spans, streamed as it does by default, and its envelopes. It knows neither OTLP nor span kinds, and
// sends a thousand spans at most at once: encoders and what is kept are not compared.
import { CloudflareClient, startInactiveSpan } from '@sentry/cloudflare'
import { createTransport, initAndBind, serializeEnvelope } from '@sentry/core'
import { CHILD_NAME, type Peer, ROOT_NAME, type Values } from '../../peer.ts'

type Span = ReturnType<typeof startInactiveSpan>
type Envelope = Parameters<typeof serializeEnvelope>[0]
interface Streamed {
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id?: string
  readonly name: string
  readonly start_timestamp: number
  readonly end_timestamp: number
  readonly status: string
  readonly attributes: Record<string, { readonly type: string; readonly value: string | number | boolean }>
}

let isSampled = true
let envelope: Envelope
const client = initAndBind(CloudflareClient, {
  dsn: 'http://key@127.0.0.1/1',
  tracesSampler: () => (isSampled ? 1 : 0),
  integrations: [],
  stackParser: () => [],
  transport: (options) => createTransport(options, () => Promise.resolve({})),
})!
client.sendEnvelope = (sent) => {
  envelope = sent as Envelope
  return Promise.resolve({})
}
const nano = (seconds: number): string => String(BigInt(Math.round(seconds * 1e6)) * 1000n)

export const peer: Peer<Span, Envelope> = {
  variants: ['empty', 'five', 'set', 'twenty', 'nested'],
  open(fate) {
    isSampled = fate === 'sampled'
    const root = startInactiveSpan({ name: ROOT_NAME, forceTransaction: true, parentSpan: null } as never)
    return {
      root,
      recorded() {
        client.emit('flush')
        return envelope
      },
    }
  },
  start: (parentSpan, attributes: Values | undefined) =>
    startInactiveSpan({ name: CHILD_NAME, parentSpan, attributes: attributes ?? {} }),
  set: (span, key, value) => void span.setAttribute(key, value),
  event() {},
  exception() {},
  end: (span) => span.end(),
  json: (envelope) => serializeEnvelope(envelope) as string,
  decode(text) {
    const { items } = text
      .split('\n')
      .map((line) => JSON.parse(line))
      .find((line) => line.items) as { items: Streamed[] }
    return items.map((item) => ({
      traceId: item.trace_id,
      spanId: item.span_id,
      parentSpanId: item.parent_span_id,
      name: item.name,
      kind: item.name === ROOT_NAME ? 2 : 3,
      startTimeUnixNano: nano(item.start_timestamp),
      endTimeUnixNano: nano(item.end_timestamp),
      attributes: Object.entries(item.attributes)
        .filter(([key]) => !key.startsWith('sentry.'))
        .map(([key, { value }]) => ({
          key,
          value: {
            [typeof value === 'string' ? 'stringValue' : typeof value === 'boolean' ? 'boolValue' : 'doubleValue']:
              value,
          },
        })),
    }))
  },
}
