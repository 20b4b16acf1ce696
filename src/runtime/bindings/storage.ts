// In: the storage of a Durable Object. Out: the same, whose operations (values, SQL, alarms) are spans.
// Must stay true: what is synchronous stays synchronous; a cursor is the host's own and is never advanced; keys are
// told, values never.
import type { Attributes } from '../../flush/model.ts'
import { querySummary, sanitizedQuery } from '../sql.ts'
import { type BindingKind, bindingKind, type Method, type Methods, tracedMethods } from './kind.ts'

const told = (keys: readonly string[]): Attributes => ({
  'cloudflare.durable_object.kv.query.keys': keys,
  'cloudflare.durable_object.kv.query.keys.count': keys.length,
})
const keyed: Method = { request: (keys: string | readonly string[]) => told([keys].flat()) }

interface ListOptions {
  readonly prefix?: string
  readonly limit?: number
  readonly reverse?: boolean
}
const values: Methods = {
  get: keyed,
  put: { request: (keys: string | object) => told(typeof keys === 'string' ? [keys] : Object.keys(keys)) },
  delete: keyed,
  list: {
    request: ({ prefix, limit, reverse }: ListOptions = {}) => ({
      'cloudflare.durable_object.kv.query.prefix': prefix,
      'cloudflare.durable_object.kv.query.limit': limit,
      'cloudflare.durable_object.kv.query.reverse': reverse,
    }),
  },
}

const sql: Methods = {
  exec: {
    name: querySummary,
    request: (query: string) => ({ 'db.query.text': sanitizedQuery(query), 'db.query.summary': querySummary(query) }),
    response: ({ rowsRead, rowsWritten }: { readonly rowsRead: number; readonly rowsWritten: number }) => ({
      'cloudflare.durable_object.sql.response.rows_read': rowsRead,
      'cloudflare.durable_object.sql.response.rows_written': rowsWritten,
    }),
  },
}

/** `ctx.storage` of a Durable Object: values, `sql`, `kv`, alarms, transactions. */
export const storage: BindingKind = bindingKind(
  'durable_object_storage',
  ['DurableObjectStorage'],
  { 'db.system.name': 'cloudflare-durable-object' },
  {
    ...values,
    deleteAll: {},
    transaction: {},
    transactionSync: {},
    sync: {},
    getAlarm: {},
    setAlarm: {
      request: (at: number | Date) => ({
        'cloudflare.durable_object.alarm.scheduled_time': new Date(at).toISOString(),
      }),
    },
    deleteAlarm: {},
    sql: {
      opens: (host: object, place, shared) =>
        tracedMethods(host, sql, place, { ...shared, 'db.system.name': 'sqlite' }),
    },
    kv: { opens: (host: object, place, shared) => tracedMethods(host, values, place, shared) },
  },
)
