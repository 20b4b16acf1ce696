// In: what the user wrote to match a value. Out: a test for it.
// Must stay true: a pattern is prepared once; wildcards take time linear in text times pattern, never exponential.
import type { AttributeValue } from '../flush/model.ts'

/** Inclusive bounds; an absent one is open. */
export interface NumberRange {
  readonly min?: number
  readonly max?: number
}

/** A string is matched whole and exactly, a number, boolean or bigint by equality; of a list, one must match. */
export type ValueMatcher = string | number | boolean | bigint | RegExp | NumberRange | readonly ValueMatcher[]

/** A test for an attribute's value. Of a list in the attribute, one element must match; an absent value never does. */
export const valueTest = (matcher: ValueMatcher): ((value: AttributeValue) => boolean) => {
  const test = scalarTest(matcher)
  return (value) => (Array.isArray(value) ? value.some(test) : test(value))
}

const scalarTest = (matcher: ValueMatcher): ((value: AttributeValue) => boolean) => {
  if (typeof matcher !== 'object') return (value) => value === matcher
  if (isList(matcher)) {
    const tests = matcher.map(scalarTest)
    return (value) => tests.some((test) => test(value))
  }
  if (matcher instanceof RegExp) {
    const expression = stateless(matcher)
    return (value) => typeof value === 'string' && expression.test(value)
  }
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = matcher
  return (value) => (typeof value === 'number' || typeof value === 'bigint') && value >= min && value <= max
}

/**
 * A test for text: a regular expression, or a string with the wildcards of X-Ray's rules, `*` for any characters
 * and `?` for one, in any letter case. Absent text never matches.
 */
export const textTest = (pattern: string | RegExp): ((text: string | null | undefined) => boolean) => {
  if (typeof pattern === 'string') {
    const lower = pattern.toLowerCase()
    return (text) => typeof text === 'string' && wildcardMatches(lower, text.toLowerCase())
  }
  const expression = stateless(pattern)
  return (text) => typeof text === 'string' && expression.test(text)
}

/** Global and sticky expressions remember where they stopped; a test must not. */
const stateless = (expression: RegExp): RegExp => new RegExp(expression.source, expression.flags.replace(/[gy]/g, ''))

/** Greedy with one step back to the latest `*`. */
const wildcardMatches = (pattern: string, text: string): boolean => {
  let at = 0
  let star = -1
  let resume = 0
  for (let i = 0; i < text.length; ) {
    const wanted = pattern[at]
    if (wanted === '*') {
      star = at++
      resume = i
    } else if (wanted === '?' || wanted === text[i]) {
      at++
      i++
    } else if (star >= 0) {
      at = star + 1
      i = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

const isList = (matcher: ValueMatcher): matcher is readonly ValueMatcher[] => Array.isArray(matcher)
