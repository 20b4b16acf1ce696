// In: a key and a secret. Out: the first 64 bits of HMAC-SHA-256 (RFC 2104, FIPS 180-4), in hex.
// Must stay true: synchronous, because a value is replaced before it is recorded and hosts hash asynchronously; the same
// key and text give the same hash everywhere, so that what is one user's can still be found together.
import { ClewError } from '../../flush/error.ts'
import type { Mask } from '../redact.ts'

const BLOCK_BYTES = 64
/** 64 bits: among a billion users two share a hash with a chance of 3 %. */
const HEX_DIGITS = 16
/** What is a hash already stays one: in baggage it goes from service to service, and each of them masks. */
const HASH = /^hmac:[\da-f]{16}$/

/**
 * A mask that keeps values apart instead of making them alike: `hmac:0123456789abcdef`. Without the key nobody can try
 * all e-mail addresses until one fits.
 * @throws {ClewError} `invalid_option` when the key has fewer than 16 characters: it could be guessed.
 */
export function hmac(key: string): Mask {
  if (!(key?.length >= 16)) throw new ClewError('invalid_option', 'hmac(key): the key needs 16 characters or more')
  const encoder = new TextEncoder()
  const table = constants()
  let bytes = encoder.encode(key)
  if (bytes.length > BLOCK_BYTES) bytes = sha256(bytes, table)
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36)
  const outer = new Uint8Array(BLOCK_BYTES).fill(0x5c)
  bytes.forEach((byte, i) => {
    inner[i]! ^= byte
    outer[i]! ^= byte
  })
  return (secret) => {
    if (HASH.test(secret)) return secret
    const hash = sha256(concat(outer, sha256(concat(inner, encoder.encode(secret)), table)), table)
    return `hmac:${[...hash]
      .map((byte) => (byte + 256).toString(16).slice(1))
      .join('')
      .slice(0, HEX_DIGITS)}`
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

interface Constants {
  readonly k: Uint32Array
  readonly h: Uint32Array
}

/** The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2.2). */
function constants(): Constants {
  const k = new Uint32Array(64)
  const h = new Uint32Array(8)
  const fraction = (x: number): number => (x - Math.floor(x)) * 2 ** 32
  for (let candidate = 2, count = 0; count < 64; candidate++) {
    let isPrime = true
    for (let divisor = 2; divisor * divisor <= candidate && isPrime; divisor++) isPrime = candidate % divisor !== 0
    if (!isPrime) continue
    if (count < 8) h[count] = fraction(Math.sqrt(candidate))
    k[count++] = fraction(Math.cbrt(candidate))
  }
  return { k, h }
}

function sha256(message: Uint8Array, { k, h: start }: Constants): Uint8Array<ArrayBuffer> {
  const h = start.slice()
  const blocks = (message.length + 72) >> 6
  const padded = new Uint8Array(blocks * BLOCK_BYTES)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(padded.length - 4, message.length << 3)
  const w = new Uint32Array(64)
  const rotated = (x: number, by: number): number => (x >>> by) | (x << (32 - by))
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i)
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!
      const y = w[i - 2]!
      const s0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3)
      const s1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10)
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1
    }
    const v = [...h] as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const [a, b, c, d, e, f, g, hh] = v
      const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      const t1 = (hh + s1 + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      v.pop()
      v.unshift((t1 + t2) | 0)
      v[4] = (d + t1) | 0
    }
    for (const [i, word] of v.entries()) h[i]! += word
  }
  const hash = new Uint8Array(32)
  const out = new DataView(hash.buffer)
  for (const [i, word] of h.entries()) out.setUint32(4 * i, word)
  return hash
}
