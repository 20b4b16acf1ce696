// In: baggage, and a program's own keys and values. Out: more baggage, or attributes.
// Must stay true: baggage becomes attributes only by a list of keys somebody wrote.
import { type Baggage, decodeBaggageValue, emptyBaggage } from './baggage.ts'

/** Baggage with the values put in; `undefined` removes a key. */
export function mergeBaggage(
  baggage: Baggage | undefined,
  values: Readonly<Record<string, string | undefined>>,
): Baggage {
  let merged = baggage ?? emptyBaggage()
  for (const [key, value] of Object.entries(values)) {
    merged = value === undefined ? merged.remove(key) : merged.set(key, value)
  }
  return merged
}

/** The values of the listed keys, as attributes of the same names. */
export function baggageAttributes(baggage: Baggage | undefined, keys: readonly string[]): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const key of keys) {
    const value = baggage?.get(key)
    if (value !== undefined) attributes[key] = value
  }
  return attributes
}

/** A property of a baggage member; without a value it is a flag. */
export type BaggageProperty = readonly [key: string, value?: string]

/** The properties in an entry's metadata. Values are decoded; a property without `=` never is. */
export function baggageProperties(metadata: string | undefined): readonly BaggageProperty[] {
  if (!metadata) return []
  return metadata.split(';').map((property) => {
    const at = property.indexOf('=')
    if (at < 0) return [property.trim()] as const
    return [property.slice(0, at).trim(), decodeBaggageValue(property.slice(at + 1).trim())] as const
  })
}
