// In: a peer. Out: nothing, or an error that says where its telemetry differs from what was asked for.
// Must stay true: judged by code that is nobody's own: JSON.parse, and protobufjs with the published .proto files.
import { deepStrictEqual } from 'node:assert'
import { decodeTraces } from '../test/otlp-decode.ts'
import {
  CHILD_NAME,
  EVENT_NAME,
  eventAttributes,
  failure,
  five,
  type Peer,
  ROOT_NAME,
  record,
  twenty,
  VARIANTS,
  type Values,
  type WireAttributes,
  type WireSpan,
} from './peer.ts'

interface Seen {
  readonly name: string
  readonly kind: number
  readonly parent: string
  readonly attributes: Values
  readonly events: { readonly name: string; readonly attributes: Values }[]
  readonly error: boolean
}

export async function compare(peer: Peer<unknown, unknown>): Promise<void> {
  for (const variant of peer.variants ?? VARIANTS) {
    const session = peer.open('sampled')
    record(peer as Peer<unknown, never>, session.root, 12, variant)
    peer.end(session.root)
    const recorded = await session.recorded()
    const want = expected(variant)
    const { adds } = peer
    if (peer.json) {
      const text = peer.json(recorded)
      const spans = peer.decode?.(text) ?? JSON.parse(text).resourceSpans[0].scopeSpans[0].spans
      deepStrictEqual(seen(spans, adds), want)
    }
    if (peer.protobuf) {
      const { resourceSpans } = decodeTraces('application/x-protobuf', peer.protobuf(recorded))
      deepStrictEqual(seen(resourceSpans[0]!.scopeSpans[0]!.spans as readonly WireSpan[], adds), want)
    }
  }
}

function seen(spans: readonly WireSpan[], adds: readonly string[] = []): Seen[] {
  // By the order in which they began; a batch may be in the order in which they ended.
  const depth = new Map<string, number>()
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const depthOf = (span: WireSpan): number => {
    const known = depth.get(span.spanId)
    if (known !== undefined) return known
    const parent = byId.get(span.parentSpanId ?? '')
    const found = parent ? depthOf(parent) + 1 : 0
    depth.set(span.spanId, found)
    return found
  }
  const [trace] = spans.map(({ traceId }) => traceId)
  return spans
    .map((span) => {
      if (span.traceId !== trace || !/^[0-9a-f]{32}$/.test(span.traceId)) throw new Error(`trace id ${span.traceId}`)
      if (!/^[0-9a-f]{16}$/.test(span.spanId)) throw new Error(`span id ${span.spanId}`)
      const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)]
      const now = BigInt(Date.now()) * 1_000_000n
      if (end < start || now - start > 60_000_000_000n || end - now > 1_000_000_000n)
        throw new Error(`times ${start} ${end}`)
      return {
        name: span.name,
        kind: span.kind === 'SPAN_KIND_CLIENT' ? 3 : span.kind === 'SPAN_KIND_SERVER' ? 2 : Number(span.kind),
        parent: `${depthOf(span)}`,
        attributes: plain(span.attributes?.filter(({ key }) => !adds.includes(key))),
        events: (span.events ?? []).map((event) => ({ name: event.name, attributes: plain(event.attributes) })),
        error: span.status?.code === 2 || span.status?.code === 'STATUS_CODE_ERROR',
      }
    })
    .sort((a, b) => order(a) - order(b))
}

/** The root first, then by the attribute that numbers the spans. */
const order = (span: Seen): number =>
  span.name === ROOT_NAME ? -1 : Number(span.attributes['db.response.returned_rows'] ?? 0)

const plain = (attributes: WireAttributes = []): Values =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  )

function expected(variant: (typeof VARIANTS)[number]): Seen[] {
  const root: Seen = { name: ROOT_NAME, kind: 2, parent: '0', attributes: {}, events: [], error: false }
  const cache = { name: EVENT_NAME, attributes: eventAttributes() }
  const exception = {
    name: 'exception',
    attributes: {
      'exception.type': failure.name,
      'exception.message': failure.message,
      'exception.stacktrace': failure.stack!,
    },
  }
  return [
    root,
    ...Array.from({ length: 12 }, (_, i): Seen => {
      const hasEvent = variant === 'event' || (variant === 'mixed' && i % 5 === 0)
      return {
        name: CHILD_NAME,
        kind: 3,
        parent: variant === 'nested' ? `${(i % 10) + 1}` : '1',
        attributes: variant === 'empty' ? {} : variant === 'twenty' ? twenty(i) : five(i),
        events: variant === 'exception' ? [exception] : hasEvent ? [cache] : [],
        error: variant === 'exception',
      }
    }),
  ]
}
