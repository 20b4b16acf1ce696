// In: a source of random bytes. Out: trace and span ids in hex.
// Must stay true: the pool is filled inside a handler, never while a module is evaluated (Workers forbid it there);
// no id is all zero.

export interface IdGenerator {
  /** 32 lower-case hex digits, 128 random bits. */
  traceId(): string
  /** 16 lower-case hex digits. */
  spanId(): string
}

/** Fills the array with random bytes, like `crypto.getRandomValues`. */
export type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => unknown

/** One call for random bytes serves 256 span ids: the call costs as much as five ids (measured in workerd). */
const POOL_BYTES = 2048

export function idGenerator(random: RandomBytes): IdGenerator {
  const pool = new DataView(new ArrayBuffer(POOL_BYTES))
  const digits = new TextEncoder().encode('0123456789abcdef')
  let at = POOL_BYTES

  function spanId(): string {
    if (at === POOL_BYTES) {
      random(new Uint8Array(pool.buffer))
      at = 0
    }
    const high = pool.getUint32(at)
    const low = pool.getUint32(at + 4)
    at += 8
    return high || low ? digitsOf(high, low) : spanId()
  }

  // One call makes one flat string: half the time of concatenation, and an encoder reads it three times as fast.
  // biome-ignore format: a line a word
  const digitsOf = (high: number, low: number): string => String.fromCharCode(
    hex(high, 28), hex(high, 24), hex(high, 20), hex(high, 16), hex(high, 12), hex(high, 8), hex(high, 4), hex(high, 0),
    hex(low, 28), hex(low, 24), hex(low, 20), hex(low, 16), hex(low, 12), hex(low, 8), hex(low, 4), hex(low, 0),
  )
  const hex = (word: number, shift: number): number => digits[(word >>> shift) & 15]!

  return { spanId, traceId: () => spanId() + spanId() }
}
