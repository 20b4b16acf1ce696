// In: database text that other instrumentations write. Out: the same without literals.
// Must stay true: what is text of a query by its key leaves as ours does (semantic conventions 1.44, database spans).
import type { Redact } from '../redact.ts'
import { sanitizedQuery } from '../sql.ts'

/** Today's name, and those before it. */
const QUERY_TEXT = /^db\.(?:query\.text|statement|sql)$/

/**
 * Takes the literals out of the queries that code with a `Tracer` records (Prisma, Drizzle, a driver's instrumentation):
 * `redact: sanitizeQueries()`. Those of clew's own bindings have none.
 */
export function sanitizeQueries(): Redact {
  return (key, value) => (typeof value === 'string' && QUERY_TEXT.test(key) ? sanitizedQuery(value) : value)
}
