// In: an event and its headers. Out: whose trace it belongs to, and whether it is recorded and sampled.
// Must stay true: a carrier, a propagator or a sampler that throws costs the context or the decision, never the request;
// what an event says of itself is asked for once, by whoever is the first to need it.
import { type Attributes, SpanKind } from '../flush/model.ts'
import type { Baggage } from '../propagate/baggage.ts'
import { type Admitted, admit } from '../propagate/inbound.ts'
import type { Getter, UpstreamDecision } from '../propagate/propagator.ts'
import { RANDOM, SAMPLED, type SpanContext } from '../propagate/span-context.ts'
import { parseTraceState } from '../propagate/trace-state.ts'
import type { SamplingInput, SamplingResult } from '../sampling/sampler.ts'
import type { InvocationStart } from './invocation-start.ts'
import type { Config } from './options.ts'
import { type Identity, linkRecord } from './record.ts'
import { safeBaggage } from './safe-baggage.ts'
import type { Link } from './span.ts'
import type { Scope } from './span-owner.ts'

/** What was decided before the first line of the user's code ran. */
export interface Head {
  readonly parent: SpanContext | undefined
  readonly identity: Identity
  /** What the root's children inherit. */
  readonly scope: Scope
  readonly links: readonly Link[]
  readonly isSampled: boolean
  /** The tail may keep it: it was sampled, or is recorded for the tail to see. */
  readonly mayStay: boolean
  /** That, or something else wants to see it: metrics, logs that leave by themselves. */
  readonly isRecorded: boolean
  /** The event's own, for the root span. */
  attributes(): Attributes
  /** The sampler's, for the root span. */
  readonly added: Attributes | undefined
}

/**
 * What a sampler is asked with. To describe a request costs more than all else of one that is not recorded, and most
 * samplers do not ask: a class, because a literal with a getter or a prototype costs a microsecond.
 */
class Question implements SamplingInput {
  readonly parent: SpanContext | undefined
  readonly upstream: UpstreamDecision | undefined
  readonly traceId: string
  readonly isNewTrace: boolean
  readonly name: string
  readonly kind: SpanKind
  readonly links: SamplingInput['links']
  readonly baggage: Baggage | undefined
  readonly headers: Getter | undefined
  readonly nowMs: number
  readonly random: () => number
  readonly #describe: () => Attributes

  constructor(
    { now, random }: Config,
    { name, kind = SpanKind.INTERNAL, carrier }: InvocationStart<never>,
    { parent, decision }: Admitted,
    traceId: string,
    links: readonly Link[],
    baggage: Baggage | undefined,
    describe: () => Attributes,
  ) {
    this.parent = parent
    this.upstream = decision
    this.traceId = traceId
    this.isNewTrace = !parent
    this.name = name
    this.kind = kind
    this.links = links.map((link) => linkRecord(link))
    this.baggage = baggage
    this.headers = carrier
    this.nowMs = now()
    this.random = random
    this.#describe = describe
  }

  get attributes(): Attributes {
    return this.#describe()
  }
}

export function decideAtHead<Env>(config: Config, start: InvocationStart<Env>): Head {
  const { sampler, tailSampler, record, enabled, attempt, propagator, trust, logs, metrics } = config
  const { attributes: given, carrier, ids = config.ids } = start
  let { links = [] } = start

  const admitted = attempt(() => {
    if (start.parent) return admit(start.parent, 'continue')
    return carrier ? admit(propagator.extract(carrier, {}), typeof trust === 'string' ? trust : trust(carrier)) : {}
  }, {})
  const { parent, link, decision, passthrough } = admitted
  const baggage = admitted.baggage && safeBaggage(config, admitted.baggage)
  const traceId = parent?.traceId ?? attempt(() => config.mirror?.traceId()) ?? ids.traceId()
  if (link) links = [...links, { context: link }]
  let made: Attributes | undefined
  const event = {
    attributes(): Attributes {
      made ??= attempt(() => (typeof given === 'function' ? given() : given)) ?? {}
      return made
    },
  }
  let result: SamplingResult = { decision: 'DROP' }
  if (enabled)
    result = attempt(
      () =>
        sampler.shouldSample(
          new Question(config, start as InvocationStart<never>, admitted, traceId, links, baggage, event.attributes),
        ),
      result,
    )
  const isSampled = result.decision === 'RECORD_AND_SAMPLE'
  const traceState = result.traceState === undefined ? parent?.traceState : parseTraceState(result.traceState)
  const mayStay = enabled && (result.decision !== 'DROP' || (!!tailSampler && record === 'all'))
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
    // Our own decision travels on, in the flag; only the wish to keep the trace at any price is more than that.
    scope: { baggage, passthrough, decision: decision === 'debug' ? decision : undefined, traceState },
    links,
    isSampled,
    mayStay,
    isRecorded: mayStay || (enabled && (!!metrics || logs.independentFrom !== undefined)),
    attributes: event.attributes,
    added: result.attributes,
  }
}
