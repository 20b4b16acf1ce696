// OpenTelemetry JS 3.x, wired by hand: a processor that only collects, and the stock encoders.
import * as api from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { ROOT_NAME, SERVER, SERVICE } from '../../peer.ts'
import { collector, openTelemetry } from '../opentelemetry.ts'

const { processor, take } = collector()
const spanProcessors = [processor as SpanProcessor]
const resource = resourceFromAttributes({ 'service.name': SERVICE })
const tracer = (sampler: Sampler): api.Tracer =>
  new TracerProvider({ resource, spanProcessors, sampler }).getTracer('bench')
const propagator = new W3CTraceContextPropagator()
const half = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.5) })

export const peer = openTelemetry({
  api,
  sampled: tracer(new ParentBasedSampler({ root: new AlwaysOnSampler() })),
  unsampled: tracer(new ParentBasedSampler({ root: new AlwaysOffSampler() })),
  recorded: tracer({ shouldSample: () => ({ decision: SamplingDecision.RECORD }) }),
  take,
  json: JsonTraceSerializer,
  protobuf: ProtobufTraceSerializer,
  more: {
    propagate(incoming) {
      const outgoing = {}
      propagator.inject(
        propagator.extract(api.ROOT_CONTEXT, incoming, api.defaultTextMapGetter),
        outgoing,
        api.defaultTextMapSetter,
      )
      return outgoing
    },
    decide: (traceId) =>
      half.shouldSample(api.ROOT_CONTEXT, traceId, ROOT_NAME, SERVER, {}, []).decision ===
      SamplingDecision.RECORD_AND_SAMPLED,
  },
})
