// In: a 64-bit id as decimal digits or as hexadecimal digits. Out: the other.
// Must stay true: what is no 64-bit number becomes the zero id, which no format accepts.

/** 16 hexadecimal digits; all zero when the text is not a decimal number of 64 bits. */
export function fromDecimal(text: string): string {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : 0n
  return (value >> 64n === 0n ? value : 0n).toString(16).padStart(16, '0')
}

/** Decimal digits of at most 16 hexadecimal ones. */
export function toDecimal(hex: string): string {
  return BigInt(`0x${hex}`).toString()
}
