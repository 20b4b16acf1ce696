// In: baggage, a caller's or ours, and values to put in. Out: baggage that may leave.
// Must stay true: no secret of anybody's is in it (W3C Baggage lets every service change and delete members); what is no
// secret stays as it came, octet by octet.
import type { Baggage } from '../propagate/baggage.ts'
import type { Config } from './options.ts'

/** `values`: default those that are in it, each as the hook and the keys allow; `undefined` removes a key. */
export function safeBaggage(
  { safe }: Pick<Config, 'safe'>,
  baggage: Baggage,
  values: Readonly<Record<string, string | undefined>> = Object.fromEntries(
    Array.from(baggage.entries(), ([key, { value }]) => [key, value]),
  ),
): Baggage {
  const given = safe(values, 'baggage')
  for (const key of Object.keys(given)) {
    const value = given[key] as string | undefined
    if (value !== baggage.get(key)) baggage = value === undefined ? baggage.remove(key) : baggage.set(key, value)
  }
  return baggage
}
