// In: a payload on its way into a binding. Out: its size, where it can be known without reading or copying it.
// Must stay true: a stream is not touched; a string's size is its length in UTF-16 code units, not a new encoding of it.

/** Bytes, or code units of a string; `undefined` where only reading would tell. */
export function sizeOf(payload: unknown): number | undefined {
  if (typeof payload === 'string') return payload.length
  const { byteLength, size } = (payload ?? {}) as { byteLength?: unknown; size?: unknown }
  return typeof byteLength === 'number' ? byteLength : typeof size === 'number' ? size : undefined
}
