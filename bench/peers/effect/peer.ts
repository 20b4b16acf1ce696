// effect's OTLP tracer, called as its own `withSpan` calls it. A span becomes OTLP's objects when it ends; what is left to
// encode is their text, or their bytes.
import { Context, Effect, Exit, Layer, ManagedRuntime, Option, Tracer } from 'effect'
import { HttpBody, HttpClient, HttpClientResponse } from 'effect/http'
import { OtlpExporter, OtlpSerialization, OtlpTracer } from 'effect/observability'
import { CHILD_NAME, EVENT_NAME, eventAttributes, type Peer, ROOT_NAME, SERVICE, type Values } from '../../peer.ts'

type Data = Parameters<OtlpSerialization.OtlpSerialization['Service']['traces']>[0]

let batch: Data
const serialization = Layer.succeed(OtlpSerialization.OtlpSerialization, {
  traces(data: Data) {
    batch = data
    return HttpBody.empty
  },
  metrics: () => HttpBody.empty,
  logs: () => HttpBody.empty,
})
const nowhere = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response('{}')))),
)
const runtime = ManagedRuntime.make(
  OtlpTracer.layer({
    url: 'http://127.0.0.1/',
    resource: { serviceName: SERVICE },
    exportInterval: '1 hour',
    maxBatchSize: 1_000_000,
  }).pipe(Layer.provide(serialization), Layer.provide(nowhere)),
)
const tracer = await runtime.runPromise(Effect.service(Tracer.Tracer))
const flusher = await runtime.runPromise(Effect.service(OtlpExporter.Flusher))
const service = async (layer: Layer.Layer<OtlpSerialization.OtlpSerialization>) =>
  Effect.runPromise(Effect.provide(Effect.service(OtlpSerialization.OtlpSerialization), layer))
const toJson = await service(OtlpSerialization.layerJson)
const toProtobuf = await service(OtlpSerialization.layerProtobuf)

const now = (): bigint => BigInt(Date.now()) * 1_000_000n
const annotations = Context.empty()
const make = (
  name: string,
  kind: 'server' | 'client',
  parent: Tracer.Span | undefined,
  sampled: boolean,
): Tracer.Span =>
  tracer.span({
    name,
    parent: parent ? Option.some(parent) : Option.none(),
    annotations,
    links: [],
    startTime: now(),
    kind,
    root: !parent,
    sampled,
  } as Parameters<typeof tracer.span>[0])

/** Its spans learn of an exception when they end. */
interface Place {
  readonly span: Tracer.Span
  exit: Exit.Exit<unknown, unknown>
}

export const peer: Peer<Place, Data> = {
  open(fate) {
    return {
      root: { span: make(ROOT_NAME, 'server', undefined, fate === 'sampled'), exit: Exit.void },
      async recorded() {
        await Effect.runPromise(flusher.flush)
        return batch
      },
    }
  },
  start(parent, attributes: Values | undefined) {
    const span = make(CHILD_NAME, 'client', parent.span, parent.span.sampled)
    if (attributes) for (const key in attributes) span.attribute(key, attributes[key])
    return { span, exit: Exit.void }
  },
  set: ({ span }, key, value) => span.attribute(key, value),
  event: ({ span }) => span.event(EVENT_NAME, now(), eventAttributes()),
  exception(place, error) {
    place.exit = Exit.fail(error)
  },
  end: ({ span, exit }) => span.end(now(), exit),
  json: (data) => (toJson.traces(data) as { readonly text?: string }).text!,
  protobuf: (data) => (toProtobuf.traces(data) as HttpBody.Uint8Array).body,
}
