// In: a D1 database. Out: the same, whose queries are CLIENT spans of the database conventions (1.44, stable).
// Must stay true: statements keep their identity towards the database (`batch` takes ours as well as its own); no value
// of a query leaves, only its text with the literals taken out.
import { type AttributeValue, SpanKind } from '../../flush/model.ts'
import { forward } from '../forward.ts'
import { follow } from '../outcome.ts'
import type { RecordingSpan } from '../span.ts'
import { querySummary, sanitizedQuery } from '../sql.ts'

type Query = (...args: unknown[]) => Promise<unknown>
/** The host's statement behind a stand-in of ours. */
const raw = new WeakMap<object, object>()
const RUNS = /^(?:all|run|first|raw)$/

export function tracedDatabase(database: object, name: string, span: RecordingSpan<unknown>): object {
  if (!span.isRecorded()) return database

  function query(sql: string, more: Record<string, AttributeValue>, call: () => Promise<unknown>): Promise<unknown> {
    const summary = querySummary(sql)
    const child = span.startSpan(summary || 'sqlite', {
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': 'sqlite',
        'db.namespace': name,
        'db.query.text': sanitizedQuery(sql),
        'db.query.summary': summary,
        'cloudflare.binding.type': 'd1',
        ...more,
      },
    })
    return follow(call(), {
      done(result) {
        const meta = (result as { meta?: { rows_read?: number; rows_written?: number } } | null)?.meta
        child.setAttribute('cloudflare.d1.response.rows_read', meta?.rows_read)
        child.setAttribute('cloudflare.d1.response.rows_written', meta?.rows_written)
        child.end()
      },
      failed: (error) => child.failed(error),
    })
  }

  function statement(host: object, sql: string): object {
    const standIn = forward(host, (key, target) => {
      const method = Reflect.get(target, key, target) as Query
      if (key === 'bind') return (...args: unknown[]) => statement(Reflect.apply(method, target, args) as never, sql)
      if (RUNS.test(String(key)))
        return (...args: unknown[]) => query(sql, {}, () => Reflect.apply(method, target, args))
      return undefined
    })
    raw.set(standIn, host)
    return standIn
  }

  return forward(database, (key, target) => {
    const method = Reflect.get(target, key, target) as Query
    if (key === 'prepare') return (sql: string) => statement(Reflect.apply(method, target, [sql]) as never, String(sql))
    if (key === 'exec') return (sql: string) => query(String(sql), {}, () => Reflect.apply(method, target, [sql]))
    if (key === 'batch')
      return (statements: object[]) =>
        query('BATCH', { 'db.operation.batch.size': statements.length }, () =>
          Reflect.apply(method, target, [statements.map((each) => raw.get(each) ?? each)]),
        )
    return undefined
  })
}
