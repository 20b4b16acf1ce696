// In: protobuf fields, last one first. Out: one exact-size array of bytes.
// Must stay true: written back to front, so that the length of a message is known when its head is written: nothing is
// measured twice and nothing is moved. Synchronous; `finish` must be called before the next message begins.

/** What is kept between messages: most invocations fit, and 128 MB of isolate do not notice. */
const KEPT_BYTES = 65_536

let bytes = /* @__PURE__ */ new Uint8Array(0)
let view: DataView | undefined
/** The first byte written. */
let at = 0

/**
 * Left free beyond what is asked for: more than the numbers of any message take up between two of its other parts, so
 * that `byte`, `varint`, `fixed32` and `double` need not ask (a twelfth of the whole time when they did).
 */
const SPARE_BYTES = 128

function reserve(count: number): void {
  if (at >= count + SPARE_BYTES) return
  const longer = new Uint8Array(Math.max(KEPT_BYTES, 2 * bytes.length + count + SPARE_BYTES))
  const written = bytes.length - at
  longer.set(bytes.subarray(at), longer.length - written)
  at = longer.length - written
  bytes = longer
  view = new DataView(longer.buffer)
}

/** Begins anew, whatever a message that threw has left. */
export function begin(): void {
  if (bytes.length > KEPT_BYTES) bytes = new Uint8Array(0)
  at = bytes.length
}

export const finish = (): Uint8Array<ArrayBuffer> => bytes.slice(at)

/** Where the bytes that follow (in the message: precede) end; for `close`. */
export function mark(): number {
  reserve(0)
  return bytes.length - at
}

/** The head of a length-delimited field around all that was written since `from`. `tag`: field << 3 | 2. */
export function close(tag: number, from: number): void {
  reserve(0)
  varint(bytes.length - at - from)
  byte(tag)
}

export function byte(value: number): void {
  bytes[--at] = value
}

/** An unsigned integer below 2^53. */
export function varint(value: number): void {
  if (value < 128) {
    bytes[--at] = value
    return
  }
  let size = 1
  for (let rest = value; rest >= 128; rest /= 128) size++
  at -= size
  let i = at
  for (; value >= 0x8000_0000; value = Math.floor(value / 128)) bytes[i++] = (value % 128) | 128
  for (; value >= 128; value >>>= 7) bytes[i++] = (value & 127) | 128
  bytes[i] = value
}

/** An int64 as protobuf writes it: negative numbers in two's complement, ten bytes long. */
export function int64(value: number | bigint): void {
  if (typeof value === 'number' && value >= 0) {
    varint(value)
    return
  }
  reserve(10)
  let rest = BigInt.asUintN(64, BigInt(value))
  const digits: number[] = []
  for (; rest > 127n; rest >>= 7n) digits.push(Number(rest & 127n) | 128)
  digits.push(Number(rest))
  bytes.set(digits, (at -= digits.length))
}

export function double(value: number): void {
  view?.setFloat64((at -= 8), value, true)
}

export function fixed32(value: number): void {
  view?.setUint32((at -= 4), value, true)
}

/** The last times, each in the place that its milliseconds give it: a request has few, and begins and ends at different ones. */
const KNOWN_TIMES = 16
const knownMs = /* @__PURE__ */ new Float64Array(KNOWN_TIMES)
const knownNanos = /* @__PURE__ */ new Uint32Array(2 * KNOWN_TIMES)

/** Epoch milliseconds as fixed64 nanoseconds, exact: no product below leaves the 53 bits of a double. */
export function nanos(ms: number): void {
  const place = ms & (KNOWN_TIMES - 1)
  if (ms !== knownMs[place]) {
    knownMs[place] = ms
    const whole = Math.floor(ms)
    const high = Math.floor(whole / 0x10_0000) * 1e6
    const low = (high % 4096) * 0x10_0000 + (whole % 0x10_0000) * 1e6 + Math.round((ms - whole) * 1e6)
    knownNanos[2 * place] = Math.floor(high / 4096) + Math.floor(low / 0x1_0000_0000)
    knownNanos[2 * place + 1] = low % 0x1_0000_0000
  }
  fixed32(knownNanos[2 * place]!)
  fixed32(knownNanos[2 * place + 1]!)
}

export function raw(value: Uint8Array): void {
  reserve(value.length)
  bytes.set(value, (at -= value.length))
}

/** Lower-case hex digits as bytes. */
export function hex(digits: string): void {
  const size = digits.length >> 1
  reserve(size)
  const into = bytes
  const from = (at -= size)
  for (let i = 0; i < size; i++) {
    const high = digits.charCodeAt(2 * i)
    const low = digits.charCodeAt(2 * i + 1)
    into[from + i] = (((high & 15) + (high >> 6) * 9) << 4) | ((low & 15) + (low >> 6) * 9)
  }
}

/** UTF-8; a lone surrogate becomes U+FFFD, as in `toWellFormed`. */
export function utf8(text: string): void {
  reserve(3 * text.length)
  // ASCII, which is nearly all there is, in a loop that touches nothing but locals (an encoder a sixth faster).
  const into = bytes
  let to = at
  let i = text.length - 1
  for (let code: number; i >= 0 && (code = text.charCodeAt(i)) < 0x80; i--) into[--to] = code
  at = to
  for (; i >= 0; i--) {
    let code = text.charCodeAt(i)
    if (code < 0x80) bytes[--at] = code
    else {
      if (code >= 0xd800 && code < 0xe000) {
        const before = text.charCodeAt(i - 1)
        const isPair = code >= 0xdc00 && before >= 0xd800 && before < 0xdc00
        code = isPair ? 0x10000 + ((before - 0xd800) << 10) + (code - 0xdc00) : 0xfffd
        if (isPair) i--
      }
      bytes[--at] = 0x80 | (code & 63)
      if (code < 0x800) bytes[--at] = 0xc0 | (code >> 6)
      else {
        bytes[--at] = 0x80 | ((code >> 6) & 63)
        if (code < 0x10000) bytes[--at] = 0xe0 | (code >> 12)
        else {
          bytes[--at] = 0x80 | ((code >> 12) & 63)
          bytes[--at] = 0xf0 | (code >> 18)
        }
      }
    }
  }
}
