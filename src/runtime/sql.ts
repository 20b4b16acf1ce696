// In: the text of a query. Out: its summary, and its text without literals.
// Must stay true: linear in the length of the text; no literal survives (semantic conventions 1.44, database spans).

/** The longest summary (semantic conventions, "Generating a summary of the query"). */
const MAX_SUMMARY = 255

/** What a text is made of besides words: comments, quoted names, and literals of every kind. The first that fits counts. */
const PARTS = [
  // Comments: they may hold what was commented out.
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/,
  // Names in quotes, to their end or the end of all, so that time stays linear; where a value is compared, SQLite and
  // MySQL take them for texts.
  /(?<name>(?<![=<>]\s{0,9})(?:"[^"]*"?|`[^`]*`?|\[[^\]]*\]?))/,
  /"[^"]*"?/,
  // PostgreSQL's dollar quotes and escapes, then the texts of the standard; one that does not end goes to the end.
  /\$\$[\s\S]*?(?:\$\$|$)|\be'(?:[^'\\]|\\[\s\S]|'')*'?|'(?:[^']|'')*'?/,
  /\b0x[\da-f]+\b|(?<![\w?$:@.])\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/,
]
const PART = new RegExp(PARTS.map(({ source }) => source).join('|'), 'gi')
/** A name, quoted or not, and what may follow it after a dot; quotes stay, as in the conventions' examples. */
const NAME = /(?:"[^"]{1,128}"|`[^`]{1,128}`|\[[^\]]{1,128}\]|[\w$.])+/.source
const TARGET = new RegExp(
  `\\b(?:(select|insert|update|delete|replace(?!\\s{0,9}\\()|create|alter|drop|pragma|with)\\b|(?:from|join|into|table|index)\\s+(?:if\\s+(?:not\\s+)?exists\\s+)?(?!select\\b)(${NAME}))|(?<=\\bupdate\\s{1,9})(?!set\\b)(${NAME})`,
  'gi',
)

/** Literals replaced by `?`, comments left out; parameters and names stay as they are. */
export function sanitizedQuery(sql: string): string {
  return sql.replace(PART, (part, ...rest) => (rest.at(-1).name ? part : /^(?:--|\/\*)/.test(part) ? ' ' : '?')).trim()
}

/** Operations and their targets in order: `SELECT carts`. Empty when there is none. */
export function querySummary(sql: string): string {
  let summary = ''
  for (const [, operation, target, updated] of sanitizedQuery(sql).matchAll(TARGET)) {
    const word = operation?.toUpperCase() ?? target ?? updated
    if (summary.length + 1 + word!.length > MAX_SUMMARY) break
    summary += (summary && ' ') + word
  }
  return summary
}
