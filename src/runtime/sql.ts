// In: the text of a query. Out: its summary, and its text without literals.
// Must stay true: linear in the length of the text; no literal survives (semantic conventions 1.44, database spans).

/** The longest summary (semantic conventions, "Generating a summary of the query"). */
const MAX_SUMMARY = 255

const LITERAL = /'(?:[^']|'')*'?|\b0x[\da-f]+\b|(?<![\w?$:@.])\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/gi
/** A name, quoted or not, and what may follow it after a dot; quotes stay, as in the conventions' examples. */
const NAME = /(?:"[^"]{1,128}"|`[^`]{1,128}`|\[[^\]]{1,128}\]|[\w$.])+/.source
const TARGET = new RegExp(
  `\\b(?:(select|insert|update|delete|replace(?!\\s{0,9}\\()|create|alter|drop|pragma|with)\\b|(?:from|join|into|table|index)\\s+(?:if\\s+(?:not\\s+)?exists\\s+)?(?!select\\b)(${NAME}))|(?<=\\bupdate\\s{1,9})(?!set\\b)(${NAME})`,
  'gi',
)

/** Literals replaced by `?`; parameters stay as they are. */
export function sanitizedQuery(sql: string): string {
  return sql.replace(LITERAL, '?')
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
