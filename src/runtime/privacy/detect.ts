// In: texts. Out: the same with what looks like personal data replaced.
// Must stay true: linear in the length of a text; a candidate that fails its check digit stays as it is.
import type { AttributeValue } from '../../flush/model.ts'
import { MASK, type Mask, type Redact } from '../redact.ts'

/** Finds one kind of value in a text. */
export interface Detector {
  readonly name: string
  /** With the flag `g`. */
  readonly pattern: RegExp
  /** Default: every match counts. */
  isReal?(match: string): boolean
}

/** As deep as a value is looked into; what is deeper is withheld. */
const MAX_DEPTH = 30

/** A hook that replaces whatever one of the detectors finds, in every text, nested ones too. */
export function detect(detectors: readonly Detector[], mask: Mask = MASK): Redact {
  const text = (given: string): string => {
    for (const { pattern, isReal } of detectors)
      given = given.replace(pattern, (match) => (isReal && !isReal(match) ? match : mask(match)))
    return given
  }
  const walk = (value: AttributeValue, depth: number): AttributeValue => {
    if (typeof value === 'string') return text(value)
    // A card's number may come as one.
    if (typeof value === 'number' || typeof value === 'bigint') {
      const digits = String(value)
      const after = digits.length < 9 ? digits : text(digits)
      return after === digits ? value : after
    }
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
    if (depth === 0) return MASK('')
    if (Array.isArray(value)) return value.map((item) => walk(item, depth - 1))
    const entries = Object.entries(value as { [key: string]: AttributeValue })
    return Object.fromEntries(entries.map(([key, entry]) => [key, walk(entry, depth - 1)]))
  }
  return (_key, value) => walk(value, MAX_DEPTH)
}

/** E-mail addresses. The local part is bounded as in RFC 5321, 4.5.3.1.1, which keeps the search linear. */
export const emails = (): Detector => ({
  name: 'e-mail',
  pattern: /(?<![\w.+%-])[\w.+%-]{1,64}@(?:[a-z\d-]{1,63}\.){1,8}[a-z][a-z\d-]{1,62}/gi,
})

/** Payment card numbers of 13 to 19 digits, with blanks or dashes or none, whose Luhn check digit is right (ISO/IEC 7812-1). */
export const cards = (): Detector => ({
  name: 'card number',
  pattern: /(?<![\d.-])[2-6](?:[ -]?\d){12,18}(?![\d-])/g,
  isReal: (match) => {
    let sum = 0
    const digits = match.replace(/\D/g, '')
    for (let i = 0; i < digits.length; i++) {
      const digit = Number(digits[digits.length - 1 - i]) * (i % 2 ? 2 : 1)
      sum += digit > 9 ? digit - 9 : digit
    }
    return sum % 10 === 0
  },
})

/** IP addresses, versions 4 and 6. Loopback and unspecified addresses say nothing of anybody and stay. */
export const ips = (): Detector => ({
  name: 'IP address',
  pattern:
    /(?<![\w.:])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}|(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4})(?![\w:]|\.\d)/gi,
  isReal: (match) => !/^(?:127\.|0\.0\.0\.0$|::1?$)/.test(match) && (match.includes('.') || isIpv6(match)),
})

const isIpv6 = (text: string): boolean => /::/.test(text) || text.split(':').length === 8

/**
 * What looks like the number of a person or an account with a state or a bank: US social security numbers, UK national
 * insurance numbers, IBANs with the right check digits (ISO 13616).
 */
export const nationalIds = (): Detector => ({
  name: 'national id',
  pattern:
    /(?<![\w-])(?:(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]|[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?)(?![\w-])/g,
  isReal: (match) => !/^[A-Z]{2}\d{2} ?[A-Z\d]{4} ?[A-Z\d]{4}/.test(match) || isIban(match),
})

function isIban(match: string): boolean {
  const text = match.replace(/ /g, '')
  let rest = 0
  for (const char of text.slice(4) + text.slice(0, 4))
    for (const digit of String(Number.parseInt(char, 36))) rest = (rest * 10 + Number(digit)) % 97
  return rest === 1
}

/**
 * Secrets that show by their form, wherever they are: bearer and basic credentials, JSON web tokens, keys of providers, PEM
 * private keys; and by what stands before them, in JSON and headers written as text: `{"password":"…"}`, `Cookie: …`.
 */
export const secrets = (): Detector => ({
  name: 'secret',
  pattern: new RegExp(SECRETS.map(({ source }) => source).join('|'), 'gi'),
})

const SECRETS = [
  /\b(?:bearer|basic) +[\w.~+/-]{8,}=*/,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/,
  /\b(?:AKIA|ASIA)[A-Z\d]{16}\b|\b(?:sk|pk|rk)_(?:live|test)_\w{8,}|\bsk-[\w-]{16,}|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*-----)?/,
  // The value of a member in JSON whose name says so, in JSON within JSON too; what is bounded keeps the search linear.
  /(?<=["'][\w.-]{0,32}(?:token|secret|passw(?:or)?d|passphrase|credential|api[_-]?key|private[_-]?key)[\w.-]{0,32}\\?["']\s{0,4}:\s{0,4}\\?["'])[^"'\\]+/,
  /(?<=\b(?:cookie|authorization|x-api-key|x-auth-token)["']?\s{0,4}:\s{0,4}["']?)[^"'\s][^"'\r\n]*/,
]
