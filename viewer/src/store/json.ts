// In: value texts from the database. Out: values, either exact (to be stored or exported again) or viewable (to be shown).
// Must stay true: a number comes out as it went in; an integer beyond 2^53 never loses digits (see `Value` in model.ts).

type Source = { readonly source?: string }
type Reviver = (this: unknown, key: string, value: unknown, context: Source) => unknown

const parseWithSource = JSON.parse as unknown as (text: string, reviver: Reviver) => unknown
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/** Sixteen digits are where doubles begin to lose some; most texts have none and take the fast way. */
const LONG_NUMBER = /\d{16}/
const WHOLE_DOUBLE = /\d\.0\b/

/** Numbers become doubles; unsafe integers become `{ $int }`, and whole doubles `{ $double }`, to be told from integers. */
export const parseViewable = (text: string): unknown =>
  LONG_NUMBER.test(text) || WHOLE_DOUBLE.test(text)
    ? parseWithSource(text, (_key, value, { source }) => {
        if (typeof value !== 'number' || source === undefined) return value
        if (source.endsWith('.0')) return { $double: source.slice(0, -2) }
        return !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? { $int: source } : value
      })
    : JSON.parse(text)

/** Numbers that a double cannot tell apart from another kind of number stay raw JSON: writing them gives the same text. */
export const parseExact = (text: string): unknown =>
  LONG_NUMBER.test(text) || WHOLE_DOUBLE.test(text)
    ? parseWithSource(text, (_key, value, { source }) =>
        typeof value === 'number' && source !== undefined && String(value) !== source ? rawJson(source) : value,
      )
    : JSON.parse(text)
