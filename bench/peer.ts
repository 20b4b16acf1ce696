// In: nothing. Out: what a peer must be able to do to be measured, and the work that all of them do.
// Must stay true: every peer does the same work: the output of each is decoded and compared before it is timed.

/** What is done with each span. All but `empty` have five attributes or more. */
export type Variant =
  /** No attributes. */
  | 'empty'
  /** Five, given at the start. */
  | 'five'
  /** The same five, by five calls. */
  | 'set'
  | 'twenty'
  /** Five, and an event with one attribute. */
  | 'event'
  /** Five, and an exception. */
  | 'exception'
  /** Five; each span the child of the one before it, ten deep. */
  | 'nested'
  /** Five; an event on every fifth span: what encoders are given. */
  | 'mixed'

export const VARIANTS: readonly Variant[] = ['empty', 'five', 'set', 'twenty', 'event', 'exception', 'nested', 'mixed']
export const DEPTH = 10

/** What becomes of a request. */
export type Fate =
  /** It is recorded and leaves. */
  | 'sampled'
  /** The head sampler does not want it: nothing is recorded. */
  | 'unsampled'
  /** It is recorded, for processors in the process, and does not leave. */
  | 'record only'
  /** It is recorded, and a tail sampler, asked at its end, does not want it. */
  | 'tail-dropped'

export const FATES: readonly Fate[] = ['sampled', 'unsampled']

export type Encoding = 'json' | 'protobuf'

export interface WireValue {
  readonly stringValue?: string
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly boolValue?: boolean
}
export type WireAttributes = readonly { readonly key: string; readonly value: WireValue }[]
/** A span of OTLP/JSON. */
export interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string | undefined
  readonly name: string
  readonly kind: number | string
  readonly startTimeUnixNano: string | number
  readonly endTimeUnixNano: string | number
  readonly attributes?: WireAttributes
  readonly events?: readonly { readonly name: string; readonly attributes?: WireAttributes }[]
  readonly status?: { readonly code?: number | string }
}

/** One request of a service. */
export interface Session<Span, Recorded> {
  readonly root: Span
  /** Called when the root and all below it have ended: what was recorded, ready to be encoded. */
  recorded(): Recorded | Promise<Recorded>
}

/** How a library does each step. In a process there is one peer, so that every call below can be inlined. */
export interface Peer<Span, Recorded> {
  /** Runs all work of the process, where the library needs surroundings. Default: as it is. */
  within?<R>(work: () => R): R
  /** Attributes that the library adds to every span on its own: no part of the comparison. */
  readonly adds?: readonly string[]
  /** What the library cannot do is not measured. Default: it can do all. */
  readonly variants?: readonly Variant[]
  /** Starts a request of its own trace. */
  open(fate: Fate): Session<Span, Recorded>
  /** What may become of a request. Default: `sampled` and `unsampled`. */
  readonly fates?: readonly Fate[]
  /** Starts a child named `CHILD_NAME`, of kind CLIENT. */
  start(parent: Span, attributes: Values | undefined): Span
  set(span: Span, key: string, value: string | number | boolean): void
  /** Adds the event `EVENT_NAME` with `eventAttributes()`. */
  event(span: Span): void
  /** Records the exception and sets the status to error. */
  exception(span: Span, error: Error): void
  end(span: Span): void
  /** OTLP bodies of what was recorded. Absent: the library has no such encoder. */
  json?(recorded: Recorded): string
  protobuf?(recorded: Recorded): Uint8Array
  /** The spans in what `json` wrote, as OTLP would tell them, where it is in a format of the library's own. */
  decode?(text: string): readonly WireSpan[]
  /** Extracts a context from incoming headers and writes it into outgoing ones. */
  propagate?(incoming: Record<string, string>): Record<string, string>
  /** One decision of a sampler that respects its parent and keeps half of the new traces. */
  decide?(traceId: string): boolean
  /** One decision of other samplers, by what they do. */
  readonly decisions?: Readonly<Record<string, (traceId: string) => unknown>>
  /** `Content-Encoding: gzip`, as the library does it. */
  gzip?(body: string | Uint8Array): Promise<Uint8Array>
}

/** `count` spans below `root`, as `variant` says. */
export function record<Span>(peer: Peer<Span, never>, root: Span, count: number, variant: Variant): void {
  switch (variant) {
    case 'empty':
      for (let i = 0; i < count; i++) peer.end(peer.start(root, undefined))
      return
    case 'five':
      for (let i = 0; i < count; i++) peer.end(peer.start(root, five(i)))
      return
    case 'twenty':
      for (let i = 0; i < count; i++) peer.end(peer.start(root, twenty(i)))
      return
    case 'set':
      for (let i = 0; i < count; i++) {
        const span = peer.start(root, undefined)
        peer.set(span, 'db.system.name', 'sqlite')
        peer.set(span, 'db.query.text', 'select * from carts where id = ?')
        peer.set(span, 'db.response.returned_rows', i)
        peer.set(span, 'app.cache.hit', true)
        peer.set(span, 'app.share', 0.25)
        peer.end(span)
      }
      return
    case 'event':
      for (let i = 0; i < count; i++) {
        const span = peer.start(root, five(i))
        peer.event(span)
        peer.end(span)
      }
      return
    case 'exception':
      for (let i = 0; i < count; i++) {
        const span = peer.start(root, five(i))
        peer.exception(span, failure)
        peer.end(span)
      }
      return
    case 'nested':
      for (let i = 0; i < count; i += DEPTH) nest(peer, root, i, Math.min(i + DEPTH, count))
      return
    case 'mixed':
      for (let i = 0; i < count; i++) {
        const span = peer.start(root, five(i))
        if (i % 5 === 0) peer.event(span)
        peer.end(span)
      }
  }
}

function nest<Span>(peer: Peer<Span, never>, parent: Span, i: number, end: number): void {
  if (i === end) return
  const span = peer.start(parent, five(i))
  nest(peer, span, i + 1, end)
  peer.end(span)
}

export const SERVICE = 'bench'
export const ROOT_NAME = 'GET /carts/:id'
export const CHILD_NAME = 'select carts'
export const EVENT_NAME = 'cache miss'
/** As the OpenTelemetry API numbers them. */
export const SERVER = 1
export const CLIENT = 2

export type Values = Record<string, string | number | boolean>

export const eventAttributes = (): { 'cache.key': string } => ({ 'cache.key': 'cart:42' })

/** A fresh literal each time, as at a place in a program; `i` keeps it from being a constant. */
export const five = (i: number): Values => ({
  'db.system.name': 'sqlite',
  'db.query.text': 'select * from carts where id = ?',
  'db.response.returned_rows': i,
  'app.cache.hit': true,
  'app.share': 0.25,
})

export const twenty = (i: number): Values => ({
  'db.system.name': 'sqlite',
  'db.query.text': 'select * from carts where id = ?',
  'db.response.returned_rows': i,
  'app.cache.hit': true,
  'app.share': 0.25,
  'server.address': 'db.example',
  'server.port': 5432,
  'network.peer.address': '10.1.2.3',
  'network.protocol.name': 'http',
  'network.protocol.version': '2',
  'app.tenant': 'acme',
  'app.region': 'eu-west-1',
  'app.plan': 'premium',
  'app.retries': 0,
  'app.queue.depth': 17,
  'app.queue.name': 'jobs',
  'app.feature.checkout': true,
  'app.feature.search': false,
  'app.ratio': 0.125,
  'app.note': 'a longer value of the sort that people write into attributes, sixty-four',
})

/** Made once, its stack read once: what is measured is the recording. */
export const failure: Error = new TypeError('the cart is gone')
void failure.stack

export const INCOMING: Record<string, string> = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=abc123,other=1',
}
