// In: whatever a program gave as an attribute's value. Out: a value that every encoder can write.
// Must stay true: never throws, always ends, and both encoders see the same value.
import type { AttributeValue } from './model.ts'

/**
 * Arrays and objects inside each other; deeper ones are replaced by an empty value. The specification stops at 64, but
 * protobuf decoders refuse the whole request beyond 100 nested messages (protoc, Java, protobufjs): an event's value is
 * the seventh, and each object costs three.
 */
export const MAX_DEPTH = 30
/**
 * Values one attribute may hold in all. A graph in which every object refers twice to the next one is small in memory
 * and 2^64 values as a tree; 10,000 are about 300 kB, more than any receiver keeps of an attribute.
 */
export const MAX_NODES = 10_000

/** Epoch milliseconds that fit an unsigned 64-bit count of nanoseconds are below this; others are written as 0, "unknown". */
export const MAX_TIME_MS = 18_446_744_073_709

/** What `clean` leaves of an array or object. */
export type CleanValue = string | number | boolean | bigint | null | Uint8Array | CleanValue[] | CleanEntries
/** An object's entries, in order. */
export type CleanEntries = Map<string, CleanValue>

/** Functions and symbols count as absent, as in `JSON.stringify`. */
export const isAbsent = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || typeof value === 'symbol'

/** Whether `value` is written as an int64. A double with an integral value beyond 2^53 stays a double. */
export const isInt = (value: unknown): value is number | bigint =>
  typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value)

/**
 * A value without functions, symbols, cycles, getters or depth: only these need the walk, so encoders call it for
 * arrays and objects alone. What cannot be represented becomes null; an absent entry of an object is left out.
 */
export function clean(
  value: unknown,
  depth: number = MAX_DEPTH,
  left: { nodes: number } = { nodes: MAX_NODES },
): CleanValue {
  try {
    if (left.nodes-- <= 0 || isAbsent(value)) return null
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value as CleanValue
    if (depth === 0) return null
    if (Array.isArray(value)) {
      const values: CleanValue[] = []
      // An index, not an iterator: `new Array(1e9)` must end.
      for (let i = 0; i < value.length && left.nodes > 0; i++) values.push(clean(value[i], depth - 1, left))
      return values
    }
    const entries: CleanEntries = new Map()
    for (const key of Object.keys(value)) {
      const entry = (value as { [key: string]: AttributeValue })[key]
      if (left.nodes > 0 && !isAbsent(entry)) entries.set(key, clean(entry, depth - 1, left))
    }
    return entries
  } catch {
    return null
  }
}
