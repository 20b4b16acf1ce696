// In: a tracer of the OpenTelemetry API, and what collects its spans. Out: a peer.
// Children are started with an explicit parent context, which is the API's fastest way.
import type { Context, Span, Tracer } from '@opentelemetry/api'
import {
  CHILD_NAME,
  CLIENT,
  EVENT_NAME,
  eventAttributes,
  FATES,
  type Fate,
  type Peer,
  ROOT_NAME,
  SERVER,
  type Values,
} from '../peer.ts'

/** What a request leaves: finished spans as the library's own encoder takes them. */
export type Finished = unknown[]

/** A span, and the context that its children are started in: made once a span, and only where it has children. */
export interface Place {
  readonly span: Span
  context: Context | undefined
}

export interface Api {
  readonly ROOT_CONTEXT: Context
  readonly trace: { setSpan(context: Context, span: Span): Context; getTracer(name: string): Tracer }
}

export interface Wiring {
  /** Its own copy of the API: versions differ. */
  readonly api: Api
  readonly sampled: Tracer
  readonly unsampled: Tracer
  /** Of a sampler that says `RECORD`. */
  readonly recorded?: Tracer
  /** Empties the collector. */
  take(): Finished
  readonly json?: { serializeRequest(spans: never): Uint8Array | undefined }
  readonly protobuf?: { serializeRequest(spans: never): Uint8Array | undefined }
  readonly more?: Pick<Peer<Place, Finished>, 'propagate' | 'decide'>
}

export function openTelemetry({
  api,
  sampled,
  unsampled,
  recorded,
  take,
  json,
  protobuf,
  more,
}: Wiring): Peer<Place, Finished> {
  const { ROOT_CONTEXT, trace } = api
  let tracer = sampled
  const text = new TextDecoder()
  return {
    fates: recorded ? [...FATES, 'record only'] : FATES,
    open(fate) {
      tracer = fate === 'sampled' ? sampled : fate === 'record only' ? recorded! : unsampled
      const span = tracer.startSpan(ROOT_NAME, { kind: SERVER, root: true }, ROOT_CONTEXT)
      return { root: { span, context: undefined }, recorded: take }
    },
    start(parent, attributes: Values | undefined) {
      const context = (parent.context ??= trace.setSpan(ROOT_CONTEXT, parent.span))
      const options = attributes ? { kind: CLIENT, attributes } : { kind: CLIENT }
      return { span: tracer.startSpan(CHILD_NAME, options, context), context: undefined }
    },
    set: ({ span }, key, value) => void span.setAttribute(key, value),
    event: ({ span }) => void span.addEvent(EVENT_NAME, eventAttributes()),
    exception({ span }, error) {
      span.recordException(error)
      span.setStatus({ code: 2 })
    },
    end: ({ span }) => span.end(),
    ...(json && { json: (spans: Finished) => text.decode(json.serializeRequest(spans as never)) }),
    ...(protobuf && { protobuf: (spans: Finished) => protobuf.serializeRequest(spans as never)! }),
    ...more,
  }
}

/** The decisions of OpenTelemetry's samplers, as its SDKs number them. */
export const DECISIONS: Readonly<Record<Fate, number>> = {
  sampled: 2,
  'record only': 1,
  unsampled: 0,
  'tail-dropped': 2,
}

/** Collects ended spans, in the shape of a span processor. */
export function collector(): { readonly processor: object; take(): Finished } {
  let spans: Finished = []
  return {
    processor: {
      onStart() {},
      onEnd: (span: unknown) => void spans.push(span),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
    take() {
      const taken = spans
      spans = []
      return taken
    },
  }
}
