// In: a query, where the cursor stands, and what was seen. Out: what could stand there, best first.
// Must stay true: every suggestion, put in place of `from`..`to`, leaves a query that parses or is on its way to.
import type { Place, Seen } from '../store/seen.ts'
import { builtIns, fieldOf } from './fields.ts'
import { type Token, tokens } from './lexer.ts'

export interface Suggestion {
  readonly text: string
  /** What it is, in a word or two. */
  readonly detail: string
}

export interface Completion {
  /** The part of the query that a suggestion replaces. */
  readonly from: number
  readonly to: number
  readonly suggestions: readonly Suggestion[]
}

/** More is not read. */
const MAX_SUGGESTIONS = 12

const COMPARING = new Set(['=', '==', '!=', '<>', '>', '>=', '<', '<=', '~', '!~'])
const COMPARING_WORDS = new Set(['CONTAINS', 'LIKE'])
const JOINING = new Set(['AND', 'OR', 'NOT', '&&', '||', '!'])

const isComparing = (token: Token | undefined): boolean =>
  token !== undefined &&
  ((token.kind === 'operator' && COMPARING.has(token.text)) ||
    (token.kind === 'word' && COMPARING_WORDS.has(token.text.toUpperCase())))

const isJoining = (token: Token | undefined): boolean =>
  token === undefined || token.kind === 'open' || JOINING.has(token.text.toUpperCase())

const PREFIX: Readonly<Record<Place, string>> = { span: '', resource: '', event: 'event.', log: 'log.' }
const DETAIL: Readonly<Record<Place, string>> = {
  span: 'attribute',
  resource: 'resource',
  event: 'event field',
  log: 'log field',
}

const fieldSuggestions = (seen: Seen): Suggestion[] => {
  const names = new Map<string, string>()
  for (const { name, help } of builtIns) names.set(name, help)
  for (const { key, place, count } of seen.keys()) {
    const name = PREFIX[place] + key
    if (/^[\w.@/-]+$/.test(name) && !names.has(name)) names.set(name, `${DETAIL[place]}, seen ${count}×`)
  }
  return [...names].map(([text, detail]) => ({ text, detail }))
}

const valueSuggestions = (name: string, seen: Seen): Suggestion[] => {
  const field = fieldOf(name)
  const plain = (...texts: string[]): Suggestion[] => texts.map((text) => ({ text, detail: '' }))
  const known = (place: Place, key: string): Suggestion[] =>
    seen.values(place, key).map((text) => ({ text, detail: 'seen' }))
  switch (field.type) {
    case 'status':
      return plain('ERROR', 'OK', 'UNSET')
    case 'kind':
      return plain('SERVER', 'CLIENT', 'INTERNAL', 'PRODUCER', 'CONSUMER')
    case 'duration':
      return plain('100ms', '500ms', '1s', '2s', '5s')
    case 'time':
      return plain('now() - 5m', 'now() - 30m', 'now() - 1h', 'now() - 24h')
    case 'severity':
      return plain('ERROR', 'WARN', 'INFO', 'DEBUG')
    case 'boolean':
      return plain('true', 'false')
    default:
  }
  if (field.key === 'service' || field.key === 'root.service') return known('span', 'service.name')
  if (field.key === 'root.name' || (field.place === 'span' && field.key === 'name')) return known('span', 'name')
  if (field.place === 'event') return known('event', field.key)
  if (field.place === 'log') return known('log', field.key)
  const own = field.place === 'resource' ? [] : known('span', field.key)
  return own.length > 0 ? own : known('resource', field.key)
}

/** Prefix matches first, then matches anywhere; quotes do not matter while typing. */
const matching = (suggestions: readonly Suggestion[], typed: string): Suggestion[] => {
  const plain = typed.toLowerCase().replace(/^["']/, '')
  const bare = (text: string): string => text.toLowerCase().replace(/^"/, '')
  const prefix = suggestions.filter(({ text }) => bare(text).startsWith(plain))
  const inside = suggestions.filter(({ text }) => !bare(text).startsWith(plain) && bare(text).includes(plain))
  return [...prefix, ...inside].slice(0, MAX_SUGGESTIONS)
}

export const complete = (query: string, cursor: number, seen: Seen): Completion => {
  const before = tokens(query.slice(0, cursor)).filter((token) => token.kind !== 'end')
  const last = before.at(-1)
  const touching = last !== undefined && last.end === cursor && (last.kind === 'word' || last.unclosed === true)
  const current = touching ? last : undefined
  const left = touching ? before.slice(0, -1) : before
  const previous = left.at(-1)
  const from = current?.at ?? cursor
  const typed = current === undefined ? '' : query.slice(from, cursor)
  const answer = (suggestions: readonly Suggestion[]): Completion => ({
    from,
    to: cursor,
    suggestions: matching(suggestions, typed),
  })

  if (isComparing(previous)) return answer(valueSuggestions(left.at(-2)?.text ?? '', seen))
  const opened = left.findLastIndex((token) => token.kind === 'open')
  const inList =
    opened > 0 && left[opened - 1]!.text.toUpperCase() === 'IN' && !left.slice(opened).some((t) => t.kind === 'close')
  if (inList) return answer(valueSuggestions(left[opened - 2]?.text ?? '', seen))
  if (isJoining(previous)) return answer(fieldSuggestions(seen))

  const beforePrevious = left.at(-2)
  const afterValue =
    isComparing(beforePrevious) || previous?.kind === 'close' || previous?.text.toUpperCase() === 'EXISTS'
  if (afterValue)
    return answer([
      { text: 'AND', detail: 'both' },
      { text: 'OR', detail: 'either' },
    ])
  const operators = ['=', '!=', '>', '>=', '<', '<=', 'CONTAINS', 'LIKE', 'IN (', 'EXISTS']
  return answer(operators.map((text) => ({ text, detail: '' })))
}
