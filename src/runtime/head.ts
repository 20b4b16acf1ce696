// In: an event and its headers. Out: whose trace it belongs to, and whether it is recorded and sampled.
// Must stay true: a carrier, a propagator or a sampler that throws costs the context or the decision, never the request.
import { type Attributes, SpanKind } from '../flush/model.ts'
import type { PropagationContext } from '../propagate/propagator.ts'
import { RANDOM, SAMPLED } from '../propagate/span-context.ts'
import { parseTraceState, type TraceState } from '../propagate/trace-state.ts'
import type { SamplingResult } from '../sampling/sampler.ts'
import type { InvocationStart } from './invocation.ts'
import type { Config } from './options.ts'
import { type Identity, linkRecords } from './span.ts'

/** What was decided before the first line of the user's code ran. */
export interface Head {
  /** What the caller sent; empty when nothing was found. */
  readonly incoming: PropagationContext
  readonly identity: Identity
  readonly traceState: TraceState | undefined
  readonly isSampled: boolean
  readonly isRecorded: boolean
  /** The sampler's, for the root span. */
  readonly attributes: Attributes | undefined
}

export function decideAtHead<Env>(config: Config, start: InvocationStart<Env>): Head {
  const { ids, sampler, tailSampler, enabled } = config
  const incoming = extract(config, start)
  const parent = incoming.spanContext
  const traceId = parent?.traceId ?? ids.traceId()
  let result: SamplingResult = { decision: 'DROP' }
  if (enabled) {
    try {
      result = sampler.shouldSample({
        parent,
        upstream: incoming.decision,
        traceId,
        isNewTrace: !parent,
        name: start.name,
        kind: start.kind ?? SpanKind.INTERNAL,
        attributes: start.attributes ?? {},
        links: start.links ? linkRecords(start.links) : [],
        baggage: incoming.baggage,
        headers: start.carrier,
        nowMs: config.now(),
        random: config.random,
      })
    } catch (error) {
      config.failed(error)
    }
  }
  const isSampled = result.decision === 'RECORD_AND_SAMPLE'
  const traceState = result.traceState === undefined ? parent?.traceState : parseTraceState(result.traceState)
  return {
    incoming,
    identity: {
      traceId,
      spanId: ids.spanId(),
      parentSpanId: parent?.spanId ?? '',
      parentIsRemote: !!parent,
      // The random flag is earned by our own ids and inherited with others' (Trace Context Level 2, 3.2.2.5.2).
      traceFlags: (parent ? parent.traceFlags & RANDOM : RANDOM) | (isSampled ? SAMPLED : 0),
      traceState: traceState?.serialize() ?? '',
    },
    traceState,
    isSampled,
    // A tail sampler can only keep what was recorded.
    isRecorded: enabled && (result.decision !== 'DROP' || !!tailSampler),
    attributes: result.attributes,
  }
}

function extract<Env>(config: Config, { carrier }: InvocationStart<Env>): PropagationContext {
  try {
    return carrier ? config.propagator.extract(carrier, {}) : {}
  } catch (error) {
    config.failed(error)
    return {}
  }
}
