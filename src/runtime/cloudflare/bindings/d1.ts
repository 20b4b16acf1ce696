// In: a D1 database. Out: the same, whose queries are CLIENT spans of the database conventions (1.44, stable).
// Must stay true: statements keep their identity towards the database (`batch` takes ours as well as its own); no value
// of a query leaves, only its text with the literals taken out.
import type { Attributes, AttributeValue } from '../../../flush/model.ts'
import { queryAttributes } from '../../sql.ts'
import { type BindingKind, bindingKind, type Method, type Methods, saidOf, told } from './kind.ts'

const RESPONSE = 'cloudflare.d1.response.'

interface Result {
  readonly meta?: Readonly<Record<string, AttributeValue>>
  readonly results?: readonly unknown[]
}

const rows = ({ length }: readonly unknown[] = []): Attributes => ({ 'db.response.returned_rows': length })

/** The names are those of Cloudflare's own tracing. */
const run: Method = {
  response: ({ meta, results }: Result) => ({
    ...rows(results),
    ...told(
      RESPONSE,
      'rows_read,rows_written,changes,size_after,served_by_region,served_by_primary,total_attempts',
      meta,
    ),
    [`${RESPONSE}sql_duration_ms`]: meta?.['duration'],
  }),
}
const statement = (): Methods => ({ bind: { opens: statement }, run, all: run, first: '', raw: { response: rows } })

/** Conventions, database spans, "Batch operations": a size only where it is not 1; one text where all are the same. */
function batchAttributes(statements: readonly object[]): Attributes {
  const each = (key: string): string[] => [...new Set(statements.map((one) => String(saidOf(one)[key] ?? '')))]
  const summaries = each('db.query.summary')
  const operations = new Set(summaries.map((summary) => summary.split(' ')[0]))
  const common = summaries.length === 1 ? summaries : operations.size === 1 ? [...operations] : []
  return {
    'db.operation.batch.size': statements.length === 1 ? undefined : statements.length,
    'db.query.summary': ['BATCH', ...common].join(' ').trim(),
    'db.query.text': each('db.query.text').join('; '),
  }
}

/** The same of all results, in one. */
function batchResponse(results: readonly Result[]): Attributes {
  const sum = (key: string): number => results.reduce((total, { meta }) => total + Number(meta?.[key] ?? 0), 0)
  return {
    ...rows(results.flatMap(({ results = [] }) => results)),
    [`${RESPONSE}rows_read`]: sum('rows_read'),
    [`${RESPONSE}rows_written`]: sum('rows_written'),
    [`${RESPONSE}sql_duration_ms`]: sum('duration'),
  }
}

const database: Methods = {
  prepare: { request: queryAttributes, opens: statement },
  withSession: { opens: () => database },
  exec: {
    request: queryAttributes,
    response: ({ count, duration }: { readonly count?: number; readonly duration?: number }) => ({
      'db.operation.batch.size': count === 1 ? undefined : count,
      [`${RESPONSE}sql_duration_ms`]: duration,
    }),
  },
  batch: { request: batchAttributes, response: batchResponse },
}

/** D1: `prepare`, `bind`, `run`, `all`, `first`, `raw`, `batch`, `exec` and sessions. */
export const d1: BindingKind = bindingKind('d1', ['D1Database'], database, (name) => ({
  'db.system.name': 'sqlite',
  'db.namespace': name,
}))
