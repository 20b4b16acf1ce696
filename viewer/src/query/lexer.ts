// In: what somebody typed. Out: tokens with their positions, whatever it was.
// Must stay true: never throws; `text.slice(at, end)` is the token's source, so that errors and completion can point at it.

export type TokenKind = 'word' | 'string' | 'operator' | 'open' | 'close' | 'comma' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** Operators and words as typed; strings unquoted. */
  readonly text: string
  readonly at: number
  readonly end: number
  /** A string whose closing quote is missing: completion happens inside it. */
  readonly unclosed?: boolean
}

const OPERATORS = ['==', '!=', '<>', '>=', '<=', '!~', '&&', '||', '=', '>', '<', '~', '!'] as const
const PUNCTUATION: Readonly<Record<string, TokenKind>> = { '(': 'open', ')': 'close', ',': 'comma' }
const ENDS_WORD = /[\s"'(),=<>~!]/

const readString = (source: string, at: number): Token => {
  const quote = source[at]
  let text = ''
  let i = at + 1
  while (i < source.length && source[i] !== quote) {
    if (source[i] === '\\' && i + 1 < source.length) i++
    text += source[i++]
  }
  const closed = i < source.length
  return { kind: 'string', text, at, end: closed ? i + 1 : i, ...(closed ? {} : { unclosed: true }) }
}

export const tokens = (source: string): readonly Token[] => {
  const found: Token[] = []
  let i = 0
  while (i < source.length) {
    const char = source[i]!
    if (/\s/.test(char)) {
      i++
      continue
    }
    const punctuation = PUNCTUATION[char]
    const operator = OPERATORS.find((candidate) => source.startsWith(candidate, i))
    let token: Token
    if (punctuation !== undefined) token = { kind: punctuation, text: char, at: i, end: i + 1 }
    else if (char === '"' || char === "'") token = readString(source, i)
    else if (operator !== undefined) token = { kind: 'operator', text: operator, at: i, end: i + operator.length }
    else {
      let end = i + 1
      while (end < source.length && !ENDS_WORD.test(source[end]!)) end++
      token = { kind: 'word', text: source.slice(i, end), at: i, end }
    }
    found.push(token)
    i = token.end
  }
  found.push({ kind: 'end', text: '', at: source.length, end: source.length })
  return found
}
