// In: the storage of a Durable Object. Out: the same, whose operations (values, SQL, alarms) are spans.
// Must stay true: what is synchronous stays synchronous; a cursor is the host's own and is never advanced; keys are
// told, values never.
import { queryAttributes } from '../../sql.ts'
import { type BindingKind, bindingKind, type Methods } from './kind.ts'

const keys = 'kv.query.keys*'
const values: Methods = {
  get: keys,
  put: keys,
  delete: keys,
  list: 'kv.query.start,kv.query.end,kv.query.prefix,kv.query.limit,kv.query.reverse',
}
const sql: Methods = { exec: { request: queryAttributes, tells: 'response.rowsRead,response.rowsWritten' } }

/** `ctx.storage` of a Durable Object: values, `sql`, `kv`, alarms, transactions. */
export const storage: BindingKind = bindingKind(
  'durable_object',
  ['DurableObjectStorage'],
  {
    ...values,
    deleteAll: '',
    transaction: '',
    transactionSync: '',
    sync: '',
    getAlarm: '',
    setAlarm: {
      request: (at: number | Date) => ({
        'cloudflare.durable_object.alarm.scheduled_time': new Date(at).toISOString(),
      }),
    },
    deleteAlarm: '',
    sql: { request: () => ({ 'db.system.name': 'sqlite' }), opens: () => sql },
    kv: { opens: () => values },
  },
  () => ({ 'db.system.name': 'cloudflare-durable-object' }),
)
