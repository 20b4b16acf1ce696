// In: an event and its headers. Out: whose trace it belongs to, and whether it is recorded and sampled.
// Must stay true: a carrier, a propagator or a sampler that throws costs the context or the decision, never the request.
import { type Attributes, SpanKind } from '../flush/model.ts'
import { admit } from '../propagate/inbound.ts'
import type { SpanContext } from '../propagate/span-context.ts'
import { RANDOM, SAMPLED } from '../propagate/span-context.ts'
import { parseTraceState } from '../propagate/trace-state.ts'
import type { SamplingResult } from '../sampling/sampler.ts'
import type { InvocationStart } from './invocation.ts'
import type { Config } from './options.ts'
import { linkRecords } from './record.ts'
import type { Link } from './span.ts'
import type { Identity, Scope } from './span-owner.ts'

/** What was decided before the first line of the user's code ran. */
export interface Head {
  readonly parent: SpanContext | undefined
  readonly identity: Identity
  /** What the root's children inherit. */
  readonly scope: Scope
  readonly links: readonly Link[]
  readonly isSampled: boolean
  readonly isRecorded: boolean
  /** The sampler's, for the root span. */
  readonly attributes: Attributes | undefined
}

export function decideAtHead<Env>(config: Config, start: InvocationStart<Env>): Head {
  const { sampler, tailSampler, record, enabled, attempt, propagator, trust } = config
  const { name, kind = SpanKind.INTERNAL, attributes = {}, links = [], carrier, ids = config.ids } = start

  const admitted = attempt(() => {
    if (start.parent) return admit(start.parent, 'continue')
    return carrier ? admit(propagator.extract(carrier, {}), typeof trust === 'string' ? trust : trust(carrier)) : {}
  }, {})
  const { parent, link, decision, ...rest } = admitted
  // Our own decision travels on, in the flag; only the wish to keep the trace at any price is more than that.
  const scope = decision === 'debug' ? { ...rest, decision } : rest
  const traceId = parent?.traceId ?? attempt(() => config.mirror?.traceId(), undefined) ?? ids.traceId()
  const allLinks = link ? [...links, { context: link }] : links
  let result: SamplingResult = { decision: 'DROP' }
  if (enabled)
    result = attempt(
      () =>
        sampler.shouldSample({
          parent,
          upstream: decision,
          traceId,
          isNewTrace: !parent,
          name,
          kind,
          attributes,
          links: linkRecords(allLinks),
          baggage: scope.baggage,
          headers: carrier,
          nowMs: config.now(),
          random: config.random,
        }),
      result,
    )
  const isSampled = result.decision === 'RECORD_AND_SAMPLE'
  const traceState = result.traceState === undefined ? parent?.traceState : parseTraceState(result.traceState)
  return {
    parent,
    identity: {
      traceId,
      spanId: ids.spanId(),
      parentSpanId: parent?.spanId ?? '',
      parentIsRemote: !!parent,
      // The random flag is earned by our own ids and inherited with others' (Trace Context Level 2, 3.2.2.5.2).
      traceFlags: (parent ? parent.traceFlags & RANDOM : RANDOM) | (isSampled ? SAMPLED : 0),
      traceState: traceState?.serialize() ?? '',
    },
    scope: traceState ? { ...scope, traceState } : scope,
    links: allLinks,
    isSampled,
    // A tail sampler can only keep what was recorded.
    isRecorded: enabled && (result.decision !== 'DROP' || (!!tailSampler && record === 'all')),
    attributes: result.attributes,
  }
}
