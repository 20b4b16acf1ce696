// In: a number from the user's configuration. Out: the same number.
// Must stay true: what cannot be used throws where the sampler is made, with a sentence that says what to write.
import { ClewError } from '../flush/error.ts'

/** `value` if it lies within [min, max]; else throws `invalid_option`. */
export const checked = (what: string, value: number, min: number, max: number = Number.MAX_VALUE): number => {
  if (value >= min && value <= max) return value
  const range = max === Number.MAX_VALUE ? `${min} or more` : `from ${min} to ${max}`
  throw new ClewError('invalid_option', `${what} must be a number ${range}, but is ${value}`)
}
