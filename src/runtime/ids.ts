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

/** One call for random bytes serves 128 span ids: the call costs as much as five ids (measured in workerd). */
const POOL_BYTES = 1024

export function idGenerator(random: RandomBytes): IdGenerator {
  let hex: string[] = []
  const pool = new Uint8Array(POOL_BYTES)
  let at = POOL_BYTES

  function spanId(): string {
    if (at === POOL_BYTES) {
      if (!hex.length) hex = Array.from({ length: 256 }, (_, byte) => (byte + 256).toString(16).slice(1))
      random(pool)
      at = 0
    }
    const byte = (): string => hex[pool[at++]!]!
    const id = byte() + byte() + byte() + byte() + byte() + byte() + byte() + byte()
    return id === '0000000000000000' ? spanId() : id
  }

  return { spanId, traceId: () => spanId() + spanId() }
}
