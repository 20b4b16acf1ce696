// In: the text of the combined baggage headers, or a program's own values. Out: an immutable map, and the way back.
// Must stay true: one bad member costs only itself; what is written is within the limits and loses whole members only.
import { MAX_HEADER_LENGTH } from './traceparent.ts'

export interface BaggageEntry {
  /** Decoded. */
  readonly value: string
  /** The member's properties, as on the wire: `k=v;flag`. */
  readonly metadata?: string
}

/** Values that travel with a request (W3C Baggage; OpenTelemetry Baggage API). Immutable. */
export interface Baggage {
  /** Members held, at most 64. */
  readonly size: number
  get(key: string): string | undefined
  /** In the order they arrived or were set. */
  entries(): IterableIterator<[key: string, entry: BaggageEntry]>
  /**
   * A copy with the member; the same key is replaced. A key that is not a token (RFC 9110, 5.6.2), metadata outside
   * the grammar, or a sixty-fifth member changes nothing.
   */
  set(key: string, value: string, metadata?: string): Baggage
  remove(...keys: readonly string[]): Baggage
}

/** Members that must be carried, and all that are (W3C Baggage, "Limits"). */
export const MAX_BAGGAGE_MEMBERS = 64

/** Bytes of the header's text that must be carried, and all that are (W3C Baggage, "Limits"). */
export const MAX_BAGGAGE_LENGTH: number = MAX_HEADER_LENGTH

// token OWS = OWS value *( OWS ; OWS property ). Every run of white space can be matched in one way only, which keeps
// the time linear.
const MEMBER =
  /^[ \t]*([!#$%&'*+.^`|~\w-]+)[ \t]*=[ \t]*(?:((?:[!#$&-+\--:<-[\]-~]|%[\da-f]{2})+)[ \t]*)?((?:;[ \t]*[!#$%&'*+.^`|~\w-]+[ \t]*(?:=[ \t]*(?:(?:[!#$&-+\--:<-[\]-~]|%[\da-f]{2})+[ \t]*)?)?)*)$/i
// What most headers are: members without white space, properties or percent-encoding. They are passed on as they came.
const PLAIN = /^[!#$%&'*+.^`|~\w-]+=[!#$&-+\--:<-[\]-~]*(?:,[!#$%&'*+.^`|~\w-]+=[!#$&-+\--:<-[\]-~]*){0,63}$/
const OTHER_THAN_OCTETS = /[^!#$&-+\--:<-[\]-~]+/g

/** Reads a combined baggage header; nothing when no member is usable. Of members with the same key the last wins. */
export function parseBaggage(text: string): Baggage | undefined {
  if (text.length <= MAX_BAGGAGE_LENGTH && PLAIN.test(text)) return new Members(text)
  const members = parseMembers(text)
  return members.size > 0 ? new Members(members) : undefined
}

/** The header's text; empty when there is nothing to carry. Members that do not fit the limit are left out whole. */
export function formatBaggage(baggage: Baggage): string {
  if (baggage instanceof Members && baggage.text !== undefined) return baggage.text
  let text = ''
  for (const [key, { value, metadata }] of baggage.entries()) {
    const member = `${text && ','}${key}=${encode(value)}${metadata ? `;${metadata}` : ''}`
    if (text.length + member.length <= MAX_BAGGAGE_LENGTH) text += member
  }
  return text
}

/** No members, to set the first one of. */
export function emptyBaggage(): Baggage {
  return new Members(new Map())
}

class Members implements Baggage {
  /** The plain header it was read from: most baggage is only passed on, and never looked into. */
  readonly text: string | undefined
  #read: ReadonlyMap<string, BaggageEntry> | undefined

  constructor(from: string | ReadonlyMap<string, BaggageEntry>) {
    if (typeof from === 'string') this.text = from
    else this.#read = from
  }

  get #members(): ReadonlyMap<string, BaggageEntry> {
    return (this.#read ??= parseMembers(this.text!))
  }

  get size(): number {
    return this.#members.size
  }

  get(key: string): string | undefined {
    return this.#members.get(key)?.value
  }

  entries(): IterableIterator<[string, BaggageEntry]> {
    return this.#members.entries()
  }

  set(key: string, value: string, metadata = ''): Baggage {
    const match = MEMBER.exec(`${key}=${metadata && `;${metadata}`}`)
    if (match?.[1] !== key) return this
    const members = new Map(this.#members)
    put(members, key, encode(value), match[3]!)
    return new Members(members)
  }

  remove(...keys: readonly string[]): Baggage {
    const members = new Map(this.#members)
    for (const key of keys) members.delete(key)
    return new Members(members)
  }
}

function parseMembers(text: string): ReadonlyMap<string, BaggageEntry> {
  const members = new Map<string, BaggageEntry>()
  let from = 0
  while (from < text.length) {
    let to = text.indexOf(',', from)
    if (to < 0) to = text.length
    if (to > MAX_BAGGAGE_LENGTH) break
    const match = MEMBER.exec(text.slice(from, to))
    if (match !== null) put(members, match[1]!, match[2] ?? '', match[3]!)
    from = to + 1
  }
  return members
}

function put(members: Map<string, BaggageEntry>, key: string, encoded: string, properties: string): void {
  if (members.size >= MAX_BAGGAGE_MEMBERS && !members.has(key)) return
  const value = encoded.includes('%') ? decodeBaggageValue(encoded) : encoded
  members.set(key, properties === '' ? { value } : { value, metadata: properties.slice(1).replace(/[ \t]+/g, '') })
}

function encode(value: string): string {
  return value.replace(OTHER_THAN_OCTETS, (run) => encodeURIComponent(run.toWellFormed()))
}

/** Percent-decodes once. Octets that are not UTF-8 become U+FFFD. */
export function decodeBaggageValue(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    const bytes = value
      .match(/%..|./g)!
      .map((one) => (one.length > 1 ? Number.parseInt(one.slice(1), 16) : one.charCodeAt(0)))
    return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  }
}
