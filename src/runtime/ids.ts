// In: a source of random bytes. Out: trace and span ids in hex.
// Must stay true: the pool is filled inside a handler, never while a module is evaluated (Workers forbid it there);
// no id is all zero.

export interface IdGenerator {
  /** 32 lower-case hex digits, 128 random bits. */
  traceId(): string
  /** 16 lower-case hex digits. */
  spanId(): string
}

/** Fills the array with random bytes and returns it, like `crypto.getRandomValues`. */
export type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => unknown

/** One call for random bytes serves 128 span ids: the call costs as much as five ids (measured in workerd). */
const POOL_BYTES = 1024

const NO_SPAN = '0000000000000000'

export function idGenerator(random: RandomBytes): IdGenerator {
  let hex: readonly string[] | undefined
  let pool: Uint8Array<ArrayBuffer>
  let at = POOL_BYTES

  function spanId(): string {
    if (at === POOL_BYTES) {
      hex ??= Array.from({ length: 256 }, (_, byte) => (byte + 256).toString(16).slice(1))
      random((pool ??= new Uint8Array(POOL_BYTES)))
      at = 0
    }
    const table = hex as string[]
    const id =
      table[pool[at]!]! +
      table[pool[at + 1]!]! +
      table[pool[at + 2]!]! +
      table[pool[at + 3]!]! +
      table[pool[at + 4]!]! +
      table[pool[at + 5]!]! +
      table[pool[at + 6]!]! +
      table[pool[at + 7]!]!
    at += 8
    return id === NO_SPAN ? spanId() : id
  }

  return { spanId, traceId: () => spanId() + spanId() }
}
