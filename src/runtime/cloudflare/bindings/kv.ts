// In: a KV namespace. Out: the same, whose operations are spans with the attributes of Cloudflare's own tracing.
// Must stay true: keys are told, values and metadata never.
import type { Attributes } from '../../../flush/model.ts'
import { type BindingKind, bindingKind, type Method } from './kind.ts'

const rows = (values: readonly unknown[]): Attributes => ({
  'cloudflare.kv.response.returned_rows': values.filter((each) => each !== null).length,
})
const all = (found: unknown): Attributes => rows(found instanceof Map ? [...found.values()] : [found])

const read: Method = { asks: 'query.keys* query.type,query.cacheTtl', response: all }

/** Workers KV. */
export const kv: BindingKind = bindingKind(
  'KV',
  ['KvNamespace'],
  {
    get: read,
    getWithMetadata: {
      ...read,
      tells: 'response.cacheStatus',
      response: (found: { readonly value?: unknown }) => all('value' in found ? found.value : found),
    },
    put: 'query.keys* query.payload.size# query.expiration,query.expirationTtl',
    delete: 'query.keys*',
    list: {
      asks: 'query.prefix,query.limit',
      tells: 'response.list_complete',
      response: ({ keys }: { readonly keys: readonly unknown[] }) => rows(keys),
    },
  },
  () => ({ 'db.system.name': 'cloudflare-kv' }),
)
