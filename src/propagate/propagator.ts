// In: a carrier's getter or setter. Out: what crosses a process boundary, as plain data.
// Must stay true: extracting never throws and never empties what an earlier format found; injecting an absent or
// invalid identity writes nothing.
import type { Baggage } from './baggage.ts'
import type { SpanContext } from './span-context.ts'

/** Reads a carrier. `Headers` is one as it is; the others come from `getters.ts`. */
export interface Getter {
  /** The value under a name in any letter case, or nothing. Repeated headers come joined by `, `. */
  get(name: string): string | null | undefined
  /** The names the carrier holds; only formats with open-ended names (Jaeger's `uberctx-`) ask for them. */
  keys(): Iterable<string>
}

/** Writes a carrier. `Headers` is one as it is. */
export interface Setter {
  set(name: string, value: string): void
}

/** What a caller decided about sampling, where a format can say more than the sampled flag. */
export type UpstreamDecision =
  /** The caller sent ids and left the decision to us: the sampled flag means nothing. */
  | 'deferred'
  /** The caller asks for the trace to be kept at any price (B3 `d`, Jaeger debug, Datadog user keep), with ids or without. */
  | 'debug'
  /** No ids, but the caller wants nothing recorded (a lone B3 `0`, Datadog reject). */
  | 'deny'
  /** No ids, but the caller wants it recorded (a lone B3 `1`). */
  | 'accept'

/** Everything about a trace that crosses a process boundary. Empty object: nothing was found. */
export interface PropagationContext {
  /** The caller's span (extract: always valid and remote) or the span that makes the call (inject). */
  readonly spanContext?: SpanContext
  readonly baggage?: Baggage | undefined
  /** Absent: the sampled flag says it all. */
  readonly decision?: UpstreamDecision | undefined
  /** What a format must hand on unchanged and we do not interpret (X-Ray `Lineage`, Datadog origin and tags), by name. */
  readonly passthrough?: Readonly<Record<string, string>> | undefined
}

/** A wire format (OpenTelemetry, "TextMapPropagator"). Stateless, pure. */
export interface Propagator {
  /** The header names this format may write, lower-case. */
  readonly fields: readonly string[]
  /** Of formats that carry baggage: none yet, to set the first member of. */
  readonly emptyBaggage?: Baggage | undefined
  /** Returns `context` itself when the carrier holds nothing usable, else a context with what was found. */
  extract(carrier: Getter, context: PropagationContext): PropagationContext
  inject(context: PropagationContext, carrier: Setter): void
}
