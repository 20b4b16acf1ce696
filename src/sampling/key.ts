// In: a trace. Out: the key that its estimator is kept under, and a table of such keys that cannot grow without end.
// Must stay true: at most `limit` keys are held; what does not fit shares one overflow entry, and says so.
import type { LocalTrace } from './tail-sampler.ts'

/** What an estimator is kept by. */
export type TraceKey = (trace: LocalTrace) => string

/** The key of everything that found no place of its own. */
export const OVERFLOW = '(other)'

/** Characters of a key that count; longer ones are cut, so that the table's size is bounded. */
export const KEY_LENGTH = 128

/** Method and `http.route`; the root's name where the route is not known. The default key. */
export const byRoute: TraceKey = ({ root: { attributes, name } }) => {
  const route = attributes['http.route']
  return typeof route === 'string' ? `${attributes['http.request.method'] ?? ''} ${route}` : name
}

/** Route and status class, e.g. `GET /carts/:id 5xx`. */
export const byRouteAndStatus: TraceKey = (trace) => {
  const status = trace.root.attributes['http.response.status_code']
  return `${byRoute(trace)} ${typeof status === 'number' ? `${Math.floor(status / 100)}xx` : '-'}`
}

/** A bounded map whose entries know when they were last used. */
export interface KeyTable<Entry extends { usedMs: number }> {
  readonly entries: Map<string, Entry>
  readonly limit: number
}

/** The entry under a key, made if need be; the overflow entry where the table is full of entries still in use. */
export const entryOf = <Entry extends { usedMs: number }>(
  { entries, limit }: KeyTable<Entry>,
  key: string,
  nowMs: number,
  idleMs: number,
  make: () => Entry,
): Entry => {
  let name = key.length > KEY_LENGTH ? key.slice(0, KEY_LENGTH) : key
  let entry = entries.get(name)
  if (!entry && entries.size >= limit) {
    // The first is the one made earliest; looking at one a time keeps this constant.
    const [oldest, held] = entries.entries().next().value!
    entries.delete(oldest)
    if (oldest === OVERFLOW || nowMs - held.usedMs < idleMs) entries.set(oldest, held)
    if (entries.size >= limit) entry = entries.get((name = OVERFLOW))
  }
  if (!entry) {
    entry = make()
    entries.set(copied(name), entry)
  }
  entry.usedMs = nowMs
  return entry
}

/** A string of its own: a part of a longer one may keep the whole alive, and the table's size would have no bound. */
const copied = (text: string): string => text.split('').join('')
