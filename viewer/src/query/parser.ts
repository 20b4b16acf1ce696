// In: a query as people write it. Out: its tree, or a QueryError that says where it stops making sense and what would.
// Grammar: or := and (OR and)* ; and := not ((AND)? not)* ; not := NOT not | ( or ) | term ;
// term := field op value | field IN (value, …) | field EXISTS | field:value | free text.
import { type Field, fieldOf } from './fields.ts'
import { type Token, tokens } from './lexer.ts'
import { dateOf, durationOf } from './literal.ts'

export type Operator = '=' | '!=' | '>' | '>=' | '<' | '<=' | 'contains' | 'like'

export interface Literal {
  readonly text: string
  readonly quoted: boolean
  /** Epoch milliseconds, for `now() - 30m` and dates. */
  readonly timeMs?: number
  readonly at: number
  readonly end: number
}

export type Query =
  | { readonly is: 'and' | 'or'; readonly items: readonly Query[] }
  | { readonly is: 'not'; readonly item: Query }
  | { readonly is: 'compare'; readonly field: Field; readonly op: Operator; readonly value: Literal }
  | { readonly is: 'in'; readonly field: Field; readonly values: readonly Literal[] }
  | { readonly is: 'exists'; readonly field: Field }
  | { readonly is: 'text'; readonly text: string }

/** The query does not parse. `at` and `end` are offsets into its text. */
export class QueryError extends Error {
  readonly at: number
  readonly end: number
  constructor(message: string, at: number, end: number) {
    super(message)
    this.at = at
    this.end = end
  }
}

/** Characters of a query; terms are linear in it, and SQLite's limits lie far beyond. */
const MAX_LENGTH = 4000
/** Parentheses and NOTs inside one another. */
const MAX_DEPTH = 50

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<>': '!=',
  '>': '>',
  '>=': '>=',
  '<': '<',
  '<=': '<=',
  '~': 'contains',
  CONTAINS: 'contains',
  LIKE: 'like',
}

const keyword = (token: Token): string => {
  if (token.kind === 'operator')
    return token.text === '&&' ? 'AND' : token.text === '||' ? 'OR' : token.text === '!' ? 'NOT' : ''
  return token.kind === 'word' ? token.text.toUpperCase() : ''
}

const AFTER_FIELD = new Set(['IN', 'EXISTS', 'CONTAINS', 'LIKE'])

export const parseQuery = (source: string, nowMs: number): Query | undefined => {
  if (source.length > MAX_LENGTH)
    throw new QueryError(`a query has at most ${MAX_LENGTH} characters`, MAX_LENGTH, source.length)
  const all = tokens(source)
  let position = 0
  let depth = 0
  const peek = (ahead = 0): Token => all[Math.min(position + ahead, all.length - 1)]!
  const next = (): Token => all[Math.min(position++, all.length - 1)]!
  const fail = (message: string, token: Token): never => {
    throw new QueryError(message, token.at, Math.max(token.end, token.at + 1))
  }

  const nested = <T>(work: () => T): T => {
    if (++depth > MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels of parentheses`, peek())
    const result = work()
    depth--
    return result
  }

  const either = (): Query => {
    const items = [both()]
    while (keyword(peek()) === 'OR') {
      next()
      items.push(both())
    }
    return items.length === 1 ? items[0]! : { is: 'or', items }
  }

  const both = (): Query => {
    const items = [negation()]
    for (;;) {
      const word = keyword(peek())
      if (word === 'AND') next()
      else if (peek().kind === 'end' || peek().kind === 'close' || word === 'OR') break
      items.push(negation())
    }
    return items.length === 1 ? items[0]! : { is: 'and', items }
  }

  const negation = (): Query => {
    if (keyword(peek()) === 'NOT') {
      next()
      return { is: 'not', item: nested(negation) }
    }
    if (peek().kind !== 'open') return term()
    next()
    const inner = nested(either)
    if (peek().kind !== 'close') fail('a closing parenthesis is missing', peek())
    next()
    return inner
  }

  const offset = (): number => {
    // "now() - 30m", "now() -30m" and "now()-30m" all mean the same.
    const sign = peek()
    if (sign.kind !== 'word' || !/^[+-]/.test(sign.text)) return 0
    next()
    const amount = sign.text.length > 1 ? sign : next()
    const nanos = durationOf(amount.text.replace(/^[+-]/, ''))
    if (nanos === undefined) return fail('after now() comes a duration such as - 30m', amount)
    return (sign.text[0] === '-' ? -nanos : nanos) / 1e6
  }

  const literal = (after: string): Literal => {
    const token = next()
    if (token.kind !== 'string' && token.kind !== 'word') return fail(`${after} expects a value`, token)
    if (token.kind === 'word' && token.text.toLowerCase() === 'now' && peek().kind === 'open') {
      next()
      if (next().kind !== 'close') fail('now takes no arguments: now()', peek(-1))
      const timeMs = nowMs + offset()
      return { text: 'now()', quoted: false, timeMs, at: token.at, end: peek(-1).end }
    }
    const date = dateOf(token.text)
    const base = { text: token.text, quoted: token.kind === 'string', at: token.at, end: token.end }
    return date === undefined ? base : { ...base, timeMs: date }
  }

  const membership = (field: Field): Query => {
    if (next().kind !== 'open') fail('IN expects a list: IN ("a", "b")', peek(-1))
    const values = [literal('IN')]
    while (peek().kind === 'comma') {
      next()
      values.push(literal('IN'))
    }
    if (next().kind !== 'close') fail('the list of IN is not closed', peek(-1))
    return { is: 'in', field, values }
  }

  const term = (): Query => {
    const token = next()
    if (token.kind === 'end') return fail('a condition is missing here, such as status = ERROR', token)
    if (token.kind !== 'word' && token.kind !== 'string')
      return fail(`"${token.text}" has nothing to its left to compare`, token)
    const following = peek()
    const word = following.kind === 'word' ? following.text.toUpperCase() : following.text
    if (following.kind === 'operator' && following.text === '!~') {
      next()
      return { is: 'not', item: { is: 'compare', field: fieldOf(token.text), op: 'contains', value: literal('!~') } }
    }
    const op = following.kind === 'operator' || AFTER_FIELD.has(word) ? OPERATORS[word] : undefined
    if (op !== undefined) {
      next()
      return { is: 'compare', field: fieldOf(token.text), op, value: literal(following.text) }
    }
    if (following.kind === 'word' && word === 'EXISTS') {
      next()
      return { is: 'exists', field: fieldOf(token.text) }
    }
    if (following.kind === 'word' && word === 'IN' && peek(1).kind === 'open') {
      next()
      return membership(fieldOf(token.text))
    }
    return token.kind === 'word' ? shorthand(token) : { is: 'text', text: token.text }
  }

  const shorthand = (token: Token): Query => {
    // service:payment, or service:"payment service"; a URL and a time of day are texts.
    const match = /^([a-z_][\w.-]*):(?!\/\/)(.*)$/i.exec(token.text)
    if (match === null) return { is: 'text', text: token.text }
    const valueAt = token.at + match[1]!.length + 1
    const value: Literal =
      match[2] === '' && peek().at === token.end && peek().kind === 'string'
        ? literal(':')
        : { text: match[2]!, quoted: false, at: valueAt, end: token.end }
    if (value.text === '') return fail(`${match[1]}: expects a value`, token)
    return { is: 'compare', field: fieldOf(match[1]!), op: '=', value }
  }

  if (peek().kind === 'end') return undefined
  const query = either()
  if (peek().kind !== 'end') fail('this closing parenthesis was never opened', peek())
  return query
}
