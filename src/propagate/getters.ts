// In: whatever holds headers or their like. Out: a Getter or a Setter for it.
// Must stay true: names match in any letter case, every repeated value is seen, and what is no text is absent.
import type { Getter, Setter } from './propagator.ts'

/** A map of names to values as hosts hand it over: Node's `headers`, Lambda's `headers` and `multiValueHeaders`, JSON. */
export type HeaderRecord = Readonly<Record<string, unknown>>

/** `[name, value]` pairs, or Node's flat `rawHeaders`. */
export type HeaderList = readonly (readonly [name: string, value: string])[] | readonly string[]

/** Anything `getterOf` reads. Two functions of your own, `get` and `keys`, are a Getter already. */
export type HeaderSource = Getter | { readonly headers: Getter | HeaderRecord } | HeaderRecord | HeaderList

/**
 * A Getter for `Headers`, a record, a list of headers, or a Getter of your own; and for what has such `headers`: a
 * `Request`, Node's `IncomingMessage`, a Lambda event (its `multiValueHeaders` first, which hold every repeated one).
 */
export function getterOf(source: HeaderSource): Getter {
  if (isList(source) || isGetter(source)) return direct(source)
  const { multiValueHeaders, headers } = source as Record<string, unknown>
  const inner = multiValueHeaders ?? headers
  return direct(typeof inner === 'object' && inner !== null ? inner : source)
}

function direct(source: object): Getter {
  if (isList(source)) return listGetter(source)
  if (!isGetter(source)) return recordGetter(source as HeaderRecord)
  return { get: (name) => text(source.get(name)), keys: () => source.keys() }
}

/** A Getter for a record in any letter case; a name that occurs in several spellings counts as repeated. */
export function recordGetter(record: HeaderRecord): Getter {
  return {
    get(name) {
      const wanted = name.toLowerCase()
      let found: string | undefined
      for (const key of Object.keys(record)) {
        if (key.length === wanted.length && key.toLowerCase() === wanted) found = joined(found, text(record[key]))
      }
      return found
    },
    keys: () => Object.keys(record),
  }
}

/** A Getter for a list of headers. */
export function listGetter(list: HeaderList): Getter {
  const named = pairs(list)
  return {
    get(name) {
      const wanted = name.toLowerCase()
      let found: string | undefined
      for (const [key, value] of named) if (key.toLowerCase() === wanted) found = joined(found, text(value))
      return found
    },
    keys: () => named.map(([key]) => key),
  }
}

/** A Getter for environment variables: `TRACEPARENT`, `TRACESTATE`, `BAGGAGE` (OpenTelemetry, "Environment Variables as Context Propagation Carriers"). */
export function environmentGetter(env: HeaderRecord): Getter {
  return { get: (name) => text(env[variable(name)]), keys: () => Object.keys(env) }
}

/** A Setter for a record, lower-case names. */
export function recordSetter(record: Record<string, string>): Setter {
  return {
    set(name, value) {
      record[name] = value
    },
  }
}

/** A Setter that appends `[name, value]` pairs. */
export function listSetter(list: [name: string, value: string][]): Setter {
  return {
    set(name, value) {
      list.push([name, value])
    },
  }
}

/** A Setter for the environment of a process about to be started. */
export function environmentSetter(env: Record<string, string | undefined>): Setter {
  return {
    set(name, value) {
      env[variable(name)] = value
    },
  }
}

/** A Getter whose names have a prefix in the carrier: `ce-` for CloudEvents in HTTP headers. */
export function prefixedGetter(getter: Getter, prefix: string): Getter {
  return {
    get: (name) => getter.get(prefix + name),
    keys: () => [...getter.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
  }
}

/** A Setter whose names get a prefix in the carrier. */
export function prefixedSetter(setter: Setter, prefix: string): Setter {
  return { set: (name, value) => setter.set(prefix + name, value) }
}

function variable(name: string): string {
  return name.toUpperCase().replace(/[^A-Z\d]/g, '_')
}

function isGetter(value: unknown): value is Getter {
  const getter = value as Getter | undefined | null
  return typeof getter?.get === 'function' && typeof getter.keys === 'function'
}

function isList(source: unknown): source is HeaderList {
  return Array.isArray(source)
}

/** What is no pair with a name is left out: the list may come from a stranger. */
function pairs(list: readonly unknown[]): readonly (readonly [string, unknown])[] {
  const all: unknown[] =
    typeof list[0] === 'string'
      ? Array.from({ length: list.length >> 1 }, (_, at) => [list[at * 2], list[at * 2 + 1]])
      : [...list]
  return all.filter((one): one is [string, unknown] => Array.isArray(one) && typeof one[0] === 'string')
}

/** One string for one or several values; absent when there is none. */
function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  const texts = value.filter((one) => typeof one === 'string')
  return texts.length > 0 ? texts.join(', ') : undefined
}

function joined(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || other === undefined ? (one ?? other) : `${one}, ${other}`
}
