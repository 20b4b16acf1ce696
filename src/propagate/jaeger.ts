// In: the uber-trace-id header and the uberctx- headers. Out: a propagation context, and the way back.
// Must stay true: the parent span is neither kept nor written; one bad baggage header costs only itself.
import { type Baggage, emptyBaggage, MAX_BAGGAGE_LENGTH } from './baggage.ts'
import { found, remote, writable } from './found.ts'
import type { Getter, PropagationContext, Propagator } from './propagator.ts'
import { SAMPLED } from './span-context.ts'
import { MAX_HEADER_LENGTH, trimmed } from './traceparent.ts'

// trace : span : parent : flags. The flags are one byte; some clients pad them.
const UBER = /^([\da-f]{1,32}):([\da-f]{1,16}):[^:]*:0*([\da-f]{1,2})$/
const PREFIX = 'uberctx-'

/** Jaeger: `uber-trace-id`, and baggage as one `uberctx-{key}` header a member; also reads `jaeger-baggage`. */
export function jaeger(): Propagator {
  return {
    fields: ['uber-trace-id'],
    emptyBaggage: emptyBaggage(),
    extract(carrier, context) {
      const baggage = readBaggage(carrier, context.baggage ?? emptyBaggage())
      const base = baggage.size > 0 ? { ...context, baggage } : context
      return readIdentity(carrier.get('uber-trace-id'), base) ?? base
    },
    inject(context, carrier) {
      const span = writable(context)
      if (span !== undefined) {
        const flags = context.decision === 'debug' ? 3 : span.traceFlags & SAMPLED
        carrier.set('uber-trace-id', `${span.traceId}:${span.spanId}:0:${flags}`)
      }
      let room = MAX_BAGGAGE_LENGTH
      for (const [key, { value }] of context.baggage?.entries() ?? []) {
        const encoded = encodeURIComponent(value.toWellFormed())
        const size = PREFIX.length + key.length + encoded.length
        if (size > room) continue
        room -= size
        carrier.set(PREFIX + key, encoded)
      }
    },
  }
}

function readIdentity(header: string | null | undefined, context: PropagationContext): PropagationContext | undefined {
  if (!header || header.length > MAX_HEADER_LENGTH) return undefined
  const match = UBER.exec((decoded(trimmed(header)) ?? '').toLowerCase())
  if (match === null) return undefined
  const flags = Number.parseInt(match[3]!, 16)
  const span = remote(match[1]!, match[2]!, (flags & SAMPLED) !== 0)
  return span && found(context, span, (flags & 3) === 3 ? 'debug' : undefined)
}

function readBaggage(carrier: Getter, baggage: Baggage): Baggage {
  let room = MAX_BAGGAGE_LENGTH
  const put = (key: string, encoded: string): void => {
    room -= key.length + encoded.length
    const value = room < 0 ? undefined : decoded(trimmed(encoded))
    if (value !== undefined) baggage = baggage.set(trimmed(key), value)
  }
  const list = carrier.get('jaeger-baggage') ?? ''
  for (const pair of list.length > room ? [] : list.split(',')) {
    const at = pair.indexOf('=')
    if (at > 0) put(pair.slice(0, at), pair.slice(at + 1))
  }
  for (const name of carrier.keys()) {
    if (name.slice(0, PREFIX.length).toLowerCase() === PREFIX) put(name.slice(PREFIX.length), carrier.get(name) ?? '')
  }
  return baggage
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
