// In: a D1 database. Out: the same, whose queries are CLIENT spans of the database conventions (1.44, stable).
// Must stay true: statements keep their identity towards the database (`batch` takes ours as well as its own); no value
// of a query leaves, only its text with the literals taken out.
import type { Attributes, AttributeValue } from '../../flush/model.ts'
import { unwrap } from '../forward.ts'
import { querySummary, sanitizedQuery } from '../sql.ts'
import { type BindingKind, type Method, type Methods, type Place, tracedMethods } from './kind.ts'

/** D1: `prepare`, `bind`, `run`, `all`, `first`, `raw`, `batch`, `exec` and sessions. */
export const d1: BindingKind = {
  classNames: ['D1Database'],
  trace: (database, place) => (place.span.isRecorded() ? tracedDatabase(database, place) : database),
}

/** What of a result's meta is told; the names are those of Cloudflare's own tracing. */
const META = 'rows_read rows_written changes size_after served_by_region served_by_primary total_attempts'.split(' ')

type Result = { readonly meta?: Readonly<Record<string, AttributeValue>>; readonly results?: readonly unknown[] }

/** The texts of statements, by the host's statement. */
const texts = new WeakMap<object, string>()

function tracedDatabase(database: object, place: Place): object {
  const shared = {
    'db.system.name': 'sqlite',
    'db.namespace': place.name,
    'cloudflare.binding.type': 'd1',
    'cloudflare.binding.name': place.name,
  }
  const methods: Methods = {
    prepare: { opens: (host: object, _place, _shared, [sql]) => statement(host, String(sql)) },
    withSession: { opens: (session: object) => tracedMethods(session, methods, place, shared) },
    exec: {
      name: querySummary,
      request: queryAttributes,
      response: ({ count, duration }: { count?: number; duration?: number }) => ({
        'db.operation.batch.size': count === 1 ? undefined : count,
        'cloudflare.d1.response.sql_duration_ms': duration,
      }),
    },
    batch: {
      pass: (statements: readonly object[]) => [statements.map(unwrap)],
      name: (statements) => batchAttributes(statements)['db.query.summary'] as string,
      request: batchAttributes,
      response: (results: readonly Result[]) => ({
        'db.response.returned_rows': results.reduce((sum, { results }) => sum + (results?.length ?? 0), 0),
        'cloudflare.d1.response.rows_read': total(results, 'rows_read'),
        'cloudflare.d1.response.rows_written': total(results, 'rows_written'),
        'cloudflare.d1.response.sql_duration_ms': total(results, 'duration'),
      }),
    },
  }

  function statement(host: object, sql: string): object {
    texts.set(host, sql)
    const run: Method = {
      name: () => querySummary(sql) || 'sqlite',
      request: () => queryAttributes(sql),
      response: resultAttributes,
    }
    const bind: Method = { opens: (bound: object) => statement(bound, sql) }
    return tracedMethods(host, { bind, run, all: run, first: run, raw: run }, place, shared)
  }

  return tracedMethods(database, methods, place, shared)
}

function queryAttributes(sql: string): Attributes {
  return { 'db.query.text': sanitizedQuery(sql), 'db.query.summary': querySummary(sql) }
}

/** Conventions, database spans, "Batch operations": a size only where it is not 1; one text where all are the same. */
function batchAttributes(statements: readonly object[]): Record<string, AttributeValue> {
  const sql = [...new Set(statements.map((each) => texts.get(unwrap(each)) ?? ''))]
  const summaries = new Set(sql.map(querySummary))
  const operations = new Set([...summaries].map((summary) => summary.split(' ')[0]))
  const common = summaries.size === 1 ? [...summaries] : operations.size === 1 ? [...operations] : []
  return {
    'db.operation.batch.size': statements.length === 1 ? undefined : statements.length,
    'db.query.summary': ['BATCH', ...common].join(' ').trim(),
    'db.query.text': sql.map(sanitizedQuery).join('; '),
  }
}

function resultAttributes(result: Result | readonly unknown[] | null): Attributes {
  const { meta = {}, results = result } = (result ?? {}) as Result
  const attributes: Record<string, AttributeValue> = {
    'db.response.returned_rows': Array.isArray(results) ? results.length : undefined,
    'cloudflare.d1.response.sql_duration_ms': meta['duration'],
  }
  for (const key of META) attributes[`cloudflare.d1.response.${key}`] = meta[key]
  return attributes
}

function total(results: readonly Result[], key: string): number {
  return results.reduce((sum, { meta }) => sum + Number(meta?.[key] ?? 0), 0)
}
