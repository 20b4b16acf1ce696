// In: the text of a query. Out: its summary, and its text without literals.
// Must stay true: linear in the length of the text; no literal survives in the dialects of SQLite, PostgreSQL, MySQL and
// T-SQL (semantic conventions 1.44, database spans). Where a text can be read in two ways, the one that hides more counts.
import type { Attributes } from '../flush/model.ts'

/** The longest summary (semantic conventions, "Generating a summary of the query"). */
const MAX_SUMMARY = 255

/** How the parts of a text begin that are more than words. */
const STARTS = [
  /--|(?<=^|\s)#(?=\s)|\/\*/,
  // What follows is a list of values, until one of these begins something else.
  /\b(?:(?:values|in)\s{0,9}(?=\()|(?:select|from|where|and|or|on|order|group|returning)\b)/,
  /(?<![\w$])\$(?:[a-z_]\w*)?\$|(?:\b(?:e|n|b|x|u&))?'|["`[]/,
  // Numbers with all that may follow their first digit: `0xff`, `1_000`, `1.5e-3`. Not in names and parameters (`:1`,
  // unlike `{a:1}`).
  /(?<![\w?$@.]|(?<![\w'"\])}]):)\.?\d[\w.]*(?:(?<=\de)[+-]\d[\w.]*)?/,
]
const START = new RegExp(STARTS.map(({ source }) => source).join('|'), 'gi')

/** From a quote to the one that ends it, or to the end of all. Two in a row are one within. */
const quoted = (quote: string, also = ''): RegExp =>
  new RegExp(`${quote}(?:[^${quote}${also}]|${also && `${also}[^]|`}${quote}${quote})*(?:${quote}|$)`, 'y')
const QUOTED: { readonly [quote: string]: RegExp } = {
  "'": quoted("'"),
  '"': quoted('"'),
  '`': quoted('`'),
  '[': /\[[^[\]]{1,128}\]/y,
}
/** PostgreSQL's `E'…'`, where a backslash takes the next one along. */
const ESCAPED = quoted("'", '\\\\')
/** Text in double quotes that may be a name. */
const NAME_LIKE = /^"[\p{L}\p{N}_$ #-]{1,128}"$/u
/** Where SQLite and MySQL take such text for a value. */
const BEFORE_VALUE = /(?:[=<>~]|\|\||\b(?:i?like|glob|match|regexp|rlike|between|then|else))\s{0,9}$/i

/** A name, quoted or not, and what may follow it after a dot; quotes stay, as in the conventions' examples. */
const NAME = /(?:"[^"]{1,128}"|`[^`]{1,128}`|\[[^\]]{1,128}\]|[\w$.])+/.source
const TARGET = new RegExp(
  `\\b(?:(select|insert|update|delete|replace(?!\\s{0,9}\\()|create|alter|drop|pragma|with)\\b|(?:from|join|into|table|index)\\s+(?:if\\s+(?:not\\s+)?exists\\s+)?(?!select\\b)(${NAME}))|(?<=\\bupdate\\s{1,9})(?!set\\b)(${NAME})`,
  'gi',
)

/** What a query says of itself. */
export function queryAttributes(sql: string): Attributes {
  const text = sanitizedQuery(String(sql))
  return { 'db.query.text': text, 'db.query.summary': querySummary(text) }
}

/** Literals replaced by `?`, comments left out; parameters and names stay as they are. */
export function sanitizedQuery(sql: string): string {
  let text = ''
  let from = 0
  let isList = false
  /** Past the next `what`, or at the end of all. */
  const past = (what: string, at: number): number => {
    const found = sql.indexOf(what, at)
    return found < 0 ? sql.length : found + what.length
  }
  START.lastIndex = 0
  for (let match = START.exec(sql); match; match = START.exec(sql)) {
    const { index: at, 0: start } = match
    const quote = start.at(-1)!
    const isEscaped = /^e'/i.test(start)
    const pattern = isEscaped ? ESCAPED : QUOTED[quote]
    let end = at + start.length
    let said = '?'
    if (pattern) {
      pattern.lastIndex = end - 1
      const part = pattern.exec(sql)?.[0] ?? ''
      const isName = isNameAt(part, sql, at, isList)
      if (isName || quote !== '[') end += part.length - 1
      if (isName) said = part
      else if (quote === '[') said = quote
      // A backslash before the quote ends the text in one dialect, and does not in another.
      if (!isEscaped && part.includes(`\\${quote}`)) end = sql.length
    } else if (quote === '$') end = past(start, end)
    else if (/^[-#/]/.test(start)) {
      end = past(quote === '*' ? '*/' : '\n', end)
      // Comments nest in some dialects.
      if (quote === '*' && sql.slice(at + 2, end).includes('/*')) end = sql.length
      said = quote === '*' ? ' ' : ' \n'
    } else if (/^[a-z]/i.test(start)) {
      isList = /^(?:v|in)/i.test(start)
      said = start
    }
    text += sql.slice(from, at) + said
    from = START.lastIndex = end
  }
  return (text + sql.slice(from)).trim()
}

/** A quoted part is a name, for all that can be told from what stands around it. */
function isNameAt(part: string, sql: string, at: number, isList: boolean): boolean {
  const before = sql.slice(Math.max(0, at - 20), at)
  // An index or an array of PostgreSQL's begins like a name of T-SQL's.
  if (part[0] === '[') return !/[\w)\]"]$|\barray\s*$/i.test(before) && !/^\[\s*['"\d$.-]/.test(part)
  if (part[0] === '`') return part.length > 1 && part.endsWith('`')
  const isQualified = before.endsWith('.') || sql[at + part.length] === '.'
  return NAME_LIKE.test(part) && (isQualified || !(isList || BEFORE_VALUE.test(before)))
}

/** Operations and their targets in order: `SELECT carts`. Empty when there is none. Of a text without literals. */
export function querySummary(sanitized: string): string {
  let summary = ''
  for (const [, operation, target, updated] of sanitized.matchAll(TARGET)) {
    const word = operation?.toUpperCase() ?? target ?? updated
    if (summary.length + 1 + word!.length > MAX_SUMMARY) break
    summary += (summary && ' ') + word
  }
  return summary
}
