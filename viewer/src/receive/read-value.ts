// In: OTLP values as decoded from JSON or from protobuf, both untrusted. Out: plain values as the store keeps them.
// Must stay true: never throws on any shape, never recurses past MAX_VALUE_DEPTH, and an integer stays an integer and a
// double a double on the way out again (OTLP 1.11, common.proto, AnyValue).
import type { Instant } from './arrival.ts'
import { MAX_EPOCH_MICROS, MAX_ITEMS_PER_SPAN, MAX_STRING_LENGTH, MAX_VALUE_DEPTH } from './limits.ts'

type Loose = Record<string, unknown>

/** protobuf 64-bit integers arrive in two halves. */
interface Halves {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

// lib.es2024 does not know `JSON.rawJSON` yet (ECMAScript proposal "JSON.parse source text access", in V8 since 11.4).
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

export const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const text = (value: unknown): string =>
  typeof value !== 'string' ? '' : value.length > MAX_STRING_LENGTH ? `${value.slice(0, MAX_STRING_LENGTH)}…` : value

/** A small non-negative integer, or 0 when it is none (proto3 JSON also allows it as a string). */
export const count = (value: unknown): number => {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff ? number : 0
}

const ID_DIGITS = /^[0-9a-f]+$/
const ZEROS = /^0+$/

/** Hex id in lower case, '' when absent, undefined when it is no id (W3C Trace Context 3.2.2.3: not all zeros). */
export const id = (value: unknown, bytes: 8 | 16): string | undefined => {
  if (value === undefined || value === null || value === '') return ''
  // What a decoded message inherits for bytes that were not sent.
  if (Array.isArray(value) && value.length === 0) return ''
  let hex: string
  if (typeof value === 'string') hex = value.toLowerCase()
  else if (Buffer.isBuffer(value)) {
    if (value.length === 0) return ''
    hex = value.toString('hex')
  } else return undefined
  return hex.length === bytes * 2 && ID_DIGITS.test(hex) && !ZEROS.test(hex) ? hex : undefined
}

const isHalves = (value: unknown): value is Halves =>
  isObject(value) && typeof value['low'] === 'number' && typeof value['high'] === 'number'

const DIGITS = /^\d{1,20}$/

/** Nanoseconds since 1970 from a decimal string, a number or two halves; undefined when it is no usable time. */
export const instant = (value: unknown): Instant | undefined => {
  let micros: number
  let rest: number
  if (typeof value === 'string') {
    if (!DIGITS.test(value)) return undefined
    micros = Number(value.slice(0, -3))
    rest = Number(value.slice(-3))
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0) return undefined
    micros = Math.floor(value / 1000)
    rest = Math.floor(value - micros * 1000)
  } else if (isHalves(value)) {
    const high = value.high >>> 0
    const low = (high % 1000) * 2 ** 32 + (value.low >>> 0)
    micros = Math.floor(high / 1000) * 2 ** 32 + Math.floor(low / 1000)
    rest = low % 1000
  } else if (value === undefined || value === null) {
    return { micros: 0, rest: 0 }
  } else return undefined
  return micros <= MAX_EPOCH_MICROS ? { micros, rest } : undefined
}

const bigInteger = (value: bigint): unknown =>
  value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : rawJson(String(value))

const INTEGER = /^-?\d{1,19}$/

const integer = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : null
  if (typeof value === 'string') return INTEGER.test(value) ? bigInteger(BigInt.asIntN(64, BigInt(value))) : null
  if (!isHalves(value)) return null
  if (value.high === 0) return value.low >>> 0
  return bigInteger(BigInt.asIntN(64, (BigInt(value.high) << 32n) | BigInt(value.low >>> 0)))
}

const double = (value: unknown): unknown => {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number') return null
  if (!Number.isFinite(number)) return { $double: String(number) }
  // "1.0" rather than "1": the difference between a double and an integer survives storage.
  return Number.isSafeInteger(number) ? rawJson(`${Object.is(number, -0) ? '-0' : number}.0`) : number
}

const bytes = (value: unknown): unknown => ({
  $bytes: typeof value === 'string' ? text(value) : Buffer.isBuffer(value) ? text(value.toString('base64')) : '',
})

/** OTLP AnyValue → plain value. Own fields only: a decoded protobuf message inherits the defaults of all the others. */
export const anyValue = (value: unknown, depth = 0): unknown => {
  if (!isObject(value)) return null
  for (const kind of Object.keys(value)) {
    const inner = value[kind]
    if (inner === null || inner === undefined) continue
    if (kind === 'stringValue') return text(inner)
    if (kind === 'intValue') return integer(inner)
    if (kind === 'boolValue') return inner === true
    if (kind === 'doubleValue') return double(inner)
    if (kind === 'bytesValue') return bytes(inner)
    if (kind === 'arrayValue') return depth < MAX_VALUE_DEPTH ? array(inner, depth + 1) : { $cut: true }
    if (kind === 'kvlistValue')
      return depth < MAX_VALUE_DEPTH ? keyValues((inner as Loose)['values'], depth + 1).map : { $cut: true }
  }
  return null
}

const array = (value: unknown, depth: number): unknown[] =>
  list((value as Loose)['values'])
    .slice(0, MAX_ITEMS_PER_SPAN)
    .map((item) => anyValue(item, depth))

/** OTLP KeyValue list → object without prototype surprises, and how many did not fit. The last of equal keys wins. */
export const keyValues = (value: unknown, depth = 0): { map: Record<string, unknown>; dropped: number } => {
  const pairs = list(value)
  const map: Record<string, unknown> = {}
  const kept = Math.min(pairs.length, MAX_ITEMS_PER_SPAN)
  for (let i = 0; i < kept; i++) {
    const pair = pairs[i]
    if (!isObject(pair) || typeof pair['key'] !== 'string' || pair['key'] === '') continue
    const key = pair['key'].length > 1024 ? pair['key'].slice(0, 1024) : pair['key']
    if (key === '__proto__')
      Object.defineProperty(map, key, { value: anyValue(pair['value'], depth), enumerable: true, configurable: true })
    else map[key] = anyValue(pair['value'], depth)
  }
  return { map, dropped: pairs.length - kept }
}
