// The front door of `clew/propagate`: formats, carriers and policies. Everything here is pure.
export { b3, b3multi } from './propagate/b3.ts'
export type { Baggage, BaggageEntry } from './propagate/baggage.ts'
export { emptyBaggage, formatBaggage, parseBaggage } from './propagate/baggage.ts'
export type { BaggageProperty } from './propagate/baggage-values.ts'
export { baggageAttributes, baggageProperties, mergeBaggage } from './propagate/baggage-values.ts'
export type { Carrier, Traced } from './propagate/carrier.ts'
export { attach, carrierIn, carrierOf, contextIn, detach } from './propagate/carrier.ts'
export { composite } from './propagate/composite.ts'
export { datadog } from './propagate/datadog.ts'
export { datadogTraceContext } from './propagate/datadog-trace-state.ts'
export type { HeaderList, HeaderRecord, HeaderSource } from './propagate/getters.ts'
export {
  environmentGetter,
  environmentSetter,
  getterOf,
  listGetter,
  listSetter,
  prefixedGetter,
  prefixedSetter,
  recordGetter,
  recordSetter,
} from './propagate/getters.ts'
export { google } from './propagate/google.ts'
export type { Admitted, Trust } from './propagate/inbound.ts'
export { admit } from './propagate/inbound.ts'
export { jaeger } from './propagate/jaeger.ts'
export type { MessageAttribute } from './propagate/message.ts'
export { extractLinks, messageAttributeGetter, messageAttributeSetter, messageContext } from './propagate/message.ts'
export { ottrace } from './propagate/ottrace.ts'
export type { OutboundPolicy, OutboundRule, Permission, Target, Targets } from './propagate/outbound.ts'
export { outbound, permitted } from './propagate/outbound.ts'
export type { Getter, PropagationContext, Propagator, Setter, UpstreamDecision } from './propagate/propagator.ts'
export type { ResolvedPropagators } from './propagate/propagators.ts'
export { propagatorsNamed } from './propagate/propagators.ts'
export type { Redirect } from './propagate/redirect.ts'
export { redirectOf } from './propagate/redirect.ts'
export { appendServerTiming, formatServerTiming, serverTiming } from './propagate/server-timing.ts'
export type { SpanContext } from './propagate/span-context.ts'
export { RANDOM, SAMPLED } from './propagate/span-context.ts'
export type { TraceState } from './propagate/trace-state.ts'
export { emptyTraceState, parseTraceState } from './propagate/trace-state.ts'
export { fitTraceState, limitTraceState } from './propagate/trace-state-limit.ts'
export { formatTraceparent, isValid, parseTraceparent } from './propagate/traceparent.ts'
export { baggage, traceContext, w3c } from './propagate/w3c.ts'
export { readXray, xray, xrayLambda } from './propagate/xray.ts'
