// @vercel/otel: its tracer, its samplers and the encoders inside its exporters, which are OpenTelemetry's, bundled.
import * as api from '@opentelemetry/api'
import { OTLPHttpJsonTraceExporter, OTLPHttpProtoTraceExporter, registerOTel } from '@vercel/otel'
import { type Fate, SERVICE } from '../../peer.ts'
import { collector, DECISIONS, openTelemetry } from '../opentelemetry.ts'

/** What an exporter is made of; in its types it says only `export`, which posts. */
interface Encoder {
  readonly impl: {
    convert(spans: unknown): unknown
    toMessage(request: unknown): { readonly body: string | Uint8Array }
  }
}
const { processor, take } = collector()
let decision = 2
registerOTel({
  serviceName: SERVICE,
  spanProcessors: [processor as never],
  instrumentations: [],
  traceSampler: { shouldSample: () => ({ decision }) } as never,
})
const tracer = api.trace.getTracer('bench')
const peer = openTelemetry({ api, sampled: tracer, unsampled: tracer, recorded: tracer, take })
const encoding = (exporter: unknown) => (spans: unknown) => {
  const { impl } = exporter as Encoder
  return impl.toMessage(impl.convert(spans)).body
}
const json = encoding(new OTLPHttpJsonTraceExporter({ url: 'http://127.0.0.1/' }))
const protobuf = encoding(new OTLPHttpProtoTraceExporter({ url: 'http://127.0.0.1/' }))

const vercel = {
  ...peer,
  adds: ['operation.name'],
  open(fate: Fate) {
    decision = DECISIONS[fate]
    return peer.open(fate)
  },
  json: (spans: unknown) => json(spans) as string,
  protobuf: (spans: unknown) => protobuf(spans) as Uint8Array,
}

export { vercel as peer }
