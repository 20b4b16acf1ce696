// In: keys and values on their way out. Out: the same without what must not leave: secrets by their key, and secrets in
// URLs wherever a text holds one.
// Must stay true: linear in the length of a text; keys stay, so that one can see what was there; the caller's objects are
// not changed; a value that does not like to be read is withheld.
import type { AttributeValue } from '../flush/model.ts'
import { MAX_DEPTH, MAX_NODES } from '../flush/value.ts'
import { describeException } from './exception.ts'
import type { OwnAttributes } from './record.ts'

/** Where a value stands when `redact` is asked. */
export type RedactWhere = 'span' | 'event' | 'link' | 'log' | 'baggage'

/**
 * The user's word on one value, before it is buffered or logged: what takes its place; `undefined` removes it. Names,
 * status messages and log messages come under the keys `name`, `status.message` and `message`; arrays and maps come whole.
 */
export type Redact = (key: string, value: AttributeValue, where: RedactWhere) => AttributeValue

/** What takes the place of a secret: given the secret as text. */
export type Mask = (secret: string) => string

export const MASK: Mask = () => 'REDACTED'

/** What stands before the value of a pair. Most texts have none, and are not looked at any further. */
const PAIRED = /[\w.%\]-]=/

const CREDENTIALS = /(\w:\/\/)[^\s/?#]*@/g

/** `key=value`, in a URL or in any other text; `user[key]=value` as frameworks write it too, encoded or not. */
const PAIR = /([?&#]?)(?<![\w.%[\]-])([\w.%[\]-]+)=[^&#\s"']*/g

/** Keys whose value is a secret: any that holds one of these words. */
const SECRET_KEY =
  /authorization|auth$|cookie|passw(or)?d|passphrase|(?<![a-z])pwd(?![a-z])|secret|credential|signature|token|session|(api|private|access|signing)[._-]?key|jwt|[cx]srf/i

/** Words of every day that are keys of secrets in a query (semantic conventions 1.44, HTTP spans, `url.full`). */
const SECRET_IN_QUERY = /^(sig|code)$/i

/** Of secret keys, those under which a number is a count and no secret. */
const COUNTED = /token|session/i

/** Keys remembered: a service has some dozens; those beyond are looked at every time. */
const MAX_KEYS = 500

/** A text without the secrets that its URLs and its pairs hold. */
export function redactUrl(text: string): string {
  if (text.includes('@')) text = text.replace(CREDENTIALS, '$1REDACTED:REDACTED@')
  return text.includes('=') && PAIRED.test(text)
    ? text.replace(PAIR, (pair, sign: string, key: string) =>
        SECRET_KEY.test(key) || (sign && SECRET_IN_QUERY.test(key)) ? `${sign}${key}=REDACTED` : pair,
      )
    : text
}

/**
 * Makes every value of attributes that are ours, in place, what may leave; arrays and maps are replaced by copies. Texts
 * are cut to `maxLength`.
 */
export type Redactor = (all: OwnAttributes, maxLength?: number) => void

/** `reveal`: keys that are no secrets although they look it. */
export function redactor(mask: Mask = MASK, reveal: readonly string[] = []): Redactor {
  const known = new Map<string, boolean>()

  function isSecret(key: string): boolean {
    let is = known.get(key)
    if (is === undefined) {
      is = SECRET_KEY.test(key) && !reveal.includes(key)
      if (known.size < MAX_KEYS) known.set(key, is)
    }
    return is
  }

  /** Absent is absent in an object, and null in a list; what is too deep or too much is null. */
  function masked(
    key: string,
    value: unknown,
    maxLength: number,
    depth: number,
    left: { nodes: number },
  ): AttributeValue {
    if (left.nodes-- <= 0) return null
    switch (typeof value) {
      case 'string':
        return cut(isSecret(key) ? mask(value) : redactUrl(value), maxLength)
      case 'number':
      case 'bigint':
        return isSecret(key) && !COUNTED.test(key) ? mask(String(value)) : value
      case 'boolean':
        return value
      case 'object': {
        if (!value) return null
        if (value instanceof Uint8Array) return isSecret(key) ? mask(String(value)) : value.subarray(0, maxLength)
        if (!depth) return null
        depth--
        if (value instanceof Error) return masked(key, describeException(value).attributes, maxLength, depth, left)
        const { toJSON } = value as Partial<Date>
        if (typeof toJSON === 'function') return masked(key, toJSON.call(value), maxLength, depth, left)
        if (Array.isArray(value)) {
          const items: AttributeValue[] = []
          // An index, not an iterator: `new Array(1e9)` must end.
          for (let i = 0; i < value.length && left.nodes > 0; i++)
            items.push(masked(key, value[i], maxLength, depth, left) ?? null)
          return items
        }
        const entries: [string, AttributeValue][] = []
        // All that is under a secret key is secret.
        for (const name of Object.keys(value)) {
          if (left.nodes <= 0) break
          const item = masked(isSecret(key) ? key : name, Reflect.get(value, name), maxLength, depth, left)
          if (item !== undefined) entries.push([name, item])
        }
        return Object.fromEntries(entries)
      }
    }
    return undefined
  }

  return (all, maxLength = Infinity) => {
    const left = { nodes: 0 }
    for (const key in all) {
      const before = all[key]
      let after: AttributeValue
      left.nodes = MAX_NODES
      try {
        after = masked(key, before, maxLength, MAX_DEPTH, left)
      } catch {
        after = MASK('')
      }
      if (after !== before) all[key] = after
    }
  }
}

/** The first `length` code units, one fewer where that would split a surrogate pair. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length)
}
