// In: every attribute that arrives. Out: the names and values that search completion offers.
// Must stay true: bounded whatever arrives (MAX_KEYS names, MAX_VALUES values each); never slows ingest down: one map
// look-up an attribute, and values are counted only until a name is known to hold too many different ones.

/** Where a name was seen; it decides how the query language spells it. */
export type Place = 'span' | 'resource' | 'event' | 'log'

const MAX_KEYS = 2000
const MAX_VALUES = 64
/** A longer text is no value that anyone would pick from a list. */
const MAX_VALUE_LENGTH = 120

interface Entry {
  count: number
  readonly values: Map<string, number>
  /** Held more than MAX_VALUES different values: an id, a URL, a text. Those that are known stay. */
  full: boolean
  text: boolean
}

export interface SeenKey {
  readonly key: string
  readonly place: Place
  readonly count: number
}

export interface Seen {
  note(place: Place, attributes: Readonly<Record<string, unknown>>): void
  noteValue(place: Place, key: string, value: unknown): void
  /** Most frequent first. */
  keys(): readonly SeenKey[]
  /** As the query language writes them, most frequent first. */
  values(place: Place, key: string): readonly string[]
  has(place: Place, key: string): boolean
}

export const seenNames = (): Seen => {
  const places: Record<Place, Map<string, Entry>> = {
    span: new Map(),
    resource: new Map(),
    event: new Map(),
    log: new Map(),
  }

  const noteValue = (place: Place, key: string, value: unknown): void => {
    const entries = places[place]
    let entry = entries.get(key)
    if (entry === undefined) {
      if (entries.size >= MAX_KEYS) return
      entries.set(key, (entry = { count: 0, values: new Map(), full: false, text: false }))
    }
    entry.count++
    const type = typeof value
    if (type !== 'string' && type !== 'number' && type !== 'boolean') return
    const name = String(value)
    const known = entry.values.get(name)
    if (known !== undefined) entry.values.set(name, known + 1)
    else if (entry.values.size >= MAX_VALUES) entry.full = true
    else if (!entry.full && name.length <= MAX_VALUE_LENGTH) {
      entry.values.set(name, 1)
      if (type === 'string') entry.text = true
    }
  }

  return {
    noteValue,
    note(place, attributes) {
      for (const key in attributes) noteValue(place, key, attributes[key])
    },
    keys: () =>
      (Object.keys(places) as Place[])
        .flatMap((place) => [...places[place]].map(([key, entry]) => ({ key, place, count: entry.count })))
        .sort((a, b) => b.count - a.count),
    values(place, key) {
      const entry = places[place].get(key)
      if (entry === undefined) return []
      const sorted = [...entry.values].sort((a, b) => b[1] - a[1])
      return sorted.map(([value]) => (entry.text ? JSON.stringify(value) : value))
    },
    has: (place, key) => places[place].has(key),
  }
}
