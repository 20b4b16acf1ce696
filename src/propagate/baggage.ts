// In: the text of the combined baggage headers, or a program's own values. Out: an immutable map, and the way back.
// Must stay true: one bad member costs only itself; what is written is within the limits and loses whole members only.
import { without } from './trace-state.ts'
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
  /** The header's text; empty when no member is left. */
  serialize(): string
}

/** Members that must be carried, and all that are (W3C Baggage, "Limits"). */
export const MAX_BAGGAGE_MEMBERS = 64

/** Bytes of the header's text that must be carried, and all that are (W3C Baggage, "Limits"). */
export const MAX_BAGGAGE_LENGTH: number = MAX_HEADER_LENGTH

// token OWS = OWS value *( OWS ; OWS property ), between commas; a property may be missing behind its semicolon, as others
// allow it. Every run of white space can be matched in one way only, which keeps the time linear.
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+"
const OCTETS = '!#$&-+\\--:<-[\\]-~'
const VALUE = `(?:[${OCTETS}]|%[\\dA-Fa-f]{2})+`
const OWS = '[ \\t]*'
const MEMBER = `${OWS}(${TOKEN})${OWS}=${OWS}(?:(${VALUE})${OWS})?((?:;${OWS}(?:${TOKEN}${OWS}(?:=${OWS}(?:${VALUE}${OWS})?)?)?)*)`
const MEMBERS: RegExp = /* @__PURE__ */ RegExp(`(?<![^,])${MEMBER}(?![^,])`, 'g')
// Most lists are good as they are, and to know that is quicker than to gather their members.
const LIST: RegExp = /* @__PURE__ */ RegExp(`^${MEMBER}(?:,${MEMBER}){0,63}$`)
// White space, and semicolons without a property.
const SURPLUS = /[ \t]+|;(?=[ \t]*(?:[,;]|$))/g
const OTHERS: RegExp = /* @__PURE__ */ RegExp(`[^${OCTETS}]+`, 'g')

/** Reads a combined baggage header; nothing when no member is usable. Of members with the same key the last wins. */
export function parseBaggage(text: string): Baggage | undefined {
  const members = grammatical(text)
  return members ? new Members(members) : undefined
}

/** The header's text; empty when there is nothing to carry. */
export function formatBaggage(baggage: Baggage): string {
  return baggage.serialize()
}

/** No members, to set the first one of. */
export function emptyBaggage(): Baggage {
  return new Members('')
}

/** Most baggage is only passed on: its text is the value, and taken apart when somebody looks into it. */
class Members implements Baggage {
  readonly #text: string
  #read: ReadonlyMap<string, BaggageEntry> | undefined

  /** `text` is grammatical, without white space, and within the limits. */
  constructor(text: string) {
    this.#text = text
  }

  get #members(): ReadonlyMap<string, BaggageEntry> {
    return (this.#read ??= new Map(
      Array.from(this.#text.matchAll(MEMBERS), ([, key, value = '', properties]) => [
        key!,
        { value: decodeBaggageValue(value), ...(properties && { metadata: properties.slice(1) }) },
      ]),
    ))
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

  set(key: string, value: string, metadata?: string): Baggage {
    const encoded = value.replace(OTHERS, (run) => encodeURIComponent(run.toWellFormed()))
    const member = `${key}=${encoded}${metadata ? `;${metadata}` : ''}`
    // What is not this one member alone has a key or metadata that no header may hold.
    const [match] = member.matchAll(MEMBERS)
    if (match?.[0] !== member || match[1] !== key) return this
    const rest = without(this.#text, key)
    return new Members(grammatical(rest ? `${rest},${member}` : member))
  }

  remove(...keys: readonly string[]): Baggage {
    return new Members(without(this.#text, ...keys))
  }

  serialize(): string {
    return this.#text
  }
}

/** The members of a list that are some, as many as the limits allow, written as briefly as may be. */
function grammatical(text: string): string {
  if (text.length > MAX_BAGGAGE_LENGTH) text = text.slice(0, text.lastIndexOf(',', MAX_BAGGAGE_LENGTH) + 1)
  const members = LIST.test(text) ? text : (text.match(MEMBERS) ?? []).slice(0, MAX_BAGGAGE_MEMBERS).join()
  return members.replace(SURPLUS, '')
}

/** Percent-decodes once. Octets that are not UTF-8 become U+FFFD, as in forms, where the host decodes them. */
export function decodeBaggageValue(value: string): string {
  return value.includes('%') ? new URLSearchParams(`=${value.replace(/[+&]/g, encodeURIComponent)}`).get('')! : value
}
