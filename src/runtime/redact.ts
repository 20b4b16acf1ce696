// In: keys and values on their way out. Out: the same without what must not leave: secrets by their key, and secrets in
// URLs wherever a text holds one.
// Must stay true: linear in the length of a text; keys stay, so that one can see what was there; the caller's objects are
// not changed; a value that does not like to be read is withheld.
import type { Attributes, AttributeValue } from '../flush/model.ts'
import { describeException } from './exception.ts'
import type { OpenRecord } from './record.ts'

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

const CREDENTIALS = /(\w:\/\/)[^\s/?#]*@/g

/**
 * `key=value` whose value is replaced: keys that name a secret anywhere, in texts as in URLs; of the list of the HTTP
 * conventions, those that are words of every day only in a query.
 */
const SECRET_QUERY =
  /((?:(?:^|[^\w-])(?:X-Amz-(?:Signature|Credential)|AWSAccessKeyId|X-Goog-Signature|(?:[\w-]*[_-])?(?:token|secret|passw(?:or)?d|api[_-]?key|access[_-]?key))|(?:^|[?&])(?:sig|signature|auth|code))=)[^&#\s"']*/gi

/** Attribute keys whose value is a secret: any that holds one of these words. */
const SECRET_KEY =
  /authorization|auth$|cookie|passw(or)?d|passphrase|(?<![a-z])pwd(?![a-z])|secret|credential|token|session|(api|private|access|signing)[._-]?key|jwt|[cx]srf/i

/** Of secret keys, those under which a number is a count and no secret. */
const COUNTED = /token|session/i

/** Keys remembered: a service has some dozens; those beyond are looked at every time. */
const MAX_KEYS = 500
/** As deep, and as many, as the encoders write of one value. */
const MAX_DEPTH = 30
const MAX_NODES = 10_000

/** A text without secrets in its URLs (semantic conventions 1.44, HTTP spans, `url.full`). */
export function redactUrl(text: string): string {
  // Without these two there is neither; most texts have none.
  if (text.includes('@')) text = text.replace(CREDENTIALS, '$1REDACTED:REDACTED@')
  return text.includes('=') ? text.replace(SECRET_QUERY, '$1REDACTED') : text
}

export interface Redactor {
  /** The value as it may leave: a copy where it is an array or a map, itself where nothing is wrong with it. */
  value(key: string, value: unknown): unknown
  /** Every value of attributes that are ours, in place. */
  attributes(all: Attributes): void
}

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

  const text = (key: string, value: string): string => (isSecret(key) ? mask(value) : redactUrl(value))

  function clean(key: string, value: unknown, depth: number, left: { nodes: number }): unknown {
    if (typeof value === 'string') return text(key, value)
    if (typeof value === 'number' || typeof value === 'bigint')
      return isSecret(key) && !COUNTED.test(key) ? mask(String(value)) : value
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof Uint8Array) return isSecret(key) ? mask(String(value)) : value
    if (depth === 0 || left.nodes-- <= 0) return null
    if (value instanceof Error) value = describeException(value).attributes
    else if (typeof (value as Date).toJSON === 'function') return clean(key, (value as Date).toJSON(), depth - 1, left)
    if (Array.isArray(value))
      return value.slice(0, Math.max(0, left.nodes)).map((item) => clean(key, item, depth - 1, left))
    const copy: [string, unknown][] = []
    for (const name of Object.keys(value as object)) {
      if (left.nodes-- <= 0) break
      // All that is under a secret key is secret.
      copy.push([name, clean(isSecret(key) ? key : name, (value as Attributes)[name], depth - 1, left)])
    }
    return Object.fromEntries(copy)
  }

  function value(key: string, given: unknown): unknown {
    try {
      return clean(key, given, MAX_DEPTH, { nodes: MAX_NODES })
    } catch {
      return MASK('')
    }
  }

  return {
    value,
    attributes(all) {
      for (const key in all) {
        const before = all[key]
        const after = typeof before === 'string' ? text(key, before) : value(key, before)
        if (after !== before) (all as Record<string, unknown>)[key] = after
      }
    },
  }
}

/** A finished span as it may leave. Everything in it is ours. */
export function redactSpan({ attributes }: Redactor, span: OpenRecord): void {
  const named = (item: { name: string; statusMessage?: string; attributes: Attributes }): void => {
    item.name = redactUrl(item.name)
    if (item.statusMessage) item.statusMessage = redactUrl(item.statusMessage)
    attributes(item.attributes)
  }
  named(span)
  span.events.forEach(named)
  for (const link of span.links) attributes(link.attributes)
}

/** Asks the hook for all that a span begins with. */
export function redactOpened(redact: Redact, record: OpenRecord): void {
  record.name = String(redact('name', record.name, 'span'))
  redactAll(redact, record.attributes, 'span')
  for (const link of record.links) redactAll(redact, link.attributes, 'link')
}

/** Asks the hook for every value of attributes that are ours, in place. */
export function redactAll(redact: Redact | undefined, all: Attributes, where: RedactWhere): void {
  if (redact)
    for (const key of Object.keys(all)) (all as Record<string, AttributeValue>)[key] = redact(key, all[key], where)
}
