// In: a propagation context and a payload. Out: the payload with the context in it as plain data, and the way back.
// Must stay true: what comes out survives JSON, structured clone and RPC; the payload itself is never changed; a payload
// from a stranger is read without trust.
import { getterOf, type HeaderSource, recordGetter } from './getters.ts'
import type { PropagationContext, Propagator } from './propagator.ts'

/** A context as plain data: lower-case header names and their values. Empty when there is nothing to carry. */
export type Carrier = Readonly<Record<string, string>>

/** The property that holds the carrier in a payload. */
export const CARRIER = '$trace'
/** The property that holds a payload which cannot hold properties itself. */
export const PAYLOAD = '$payload'

/** What is wrapped in an envelope rather than given a property. */
type Opaque =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | readonly unknown[]
  | Date
  | RegExp
  | Error
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | ReadableStream

/**
 * A payload that includes a carrier: an object keeps its properties and gets `$trace`; anything else (text, an array,
 * a date, bytes) travels as `{ $trace, $payload }`. A bare payload is not assignable to it.
 */
export type Traced<T> = T extends Opaque
  ? { readonly $trace: Carrier; readonly $payload: T }
  : T & { readonly $trace: Carrier }

/** The context as a carrier, in the formats of `propagator`. */
export function carrierOf(context: PropagationContext, propagator: Propagator): Carrier {
  const carrier: Record<string, string> = {}
  propagator.inject(context, {
    set(name, value) {
      carrier[name] = value
    },
  })
  return carrier
}

/** The payload with the carrier in it: a shallow copy. A carrier that was already there is replaced. */
export function attach<T>(payload: T, carrier: Carrier): Traced<T> {
  return (isRecord(payload) ? { ...payload, $trace: carrier } : { $trace: carrier, $payload: payload }) as Traced<T>
}

/** The payload without its carrier; what carries none comes back as it is. */
export function detach<T>(traced: Traced<T> | T): T {
  const from: unknown = traced
  if (!isRecord(from) || !Object.hasOwn(from, CARRIER)) return traced as T
  if (Object.hasOwn(from, PAYLOAD)) return from[PAYLOAD] as T
  const { [CARRIER]: _, ...payload } = from
  return payload as T
}

/** The carrier in a payload from anywhere, or nothing. */
export function carrierIn(payload: unknown): Carrier | undefined {
  const carrier = isRecord(payload) && Object.hasOwn(payload, '$trace') ? payload['$trace'] : undefined
  return isRecord(carrier) ? (carrier as Carrier) : undefined
}

/**
 * Reads the context from a traced payload, a carrier, a CloudEvent (its tracing extension: `traceparent` and
 * `tracestate` beside `data`), `Headers`, a `Request`, or whatever else `getterOf` reads. Empty when there is none.
 */
export function contextIn(source: unknown, propagator: Propagator): PropagationContext {
  if (typeof source !== 'object' || source === null) return {}
  const carrier = carrierIn(source)
  return propagator.extract(carrier ? recordGetter(carrier) : getterOf(source as HeaderSource), {})
}

/** An object that keeps its properties when it is copied: a literal, or an instance of a class of plain data. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]'
}
