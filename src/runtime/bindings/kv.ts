// In: a KV namespace. Out: the same, whose operations are spans with the attributes of Cloudflare's own tracing.
// Must stay true: keys are told, values and metadata never.
import type { Attributes } from '../../flush/model.ts'
import { type BindingKind, bindingKind } from './kind.ts'
import { sizeOf } from './size.ts'

type Keys = string | readonly string[]
type GetOptions = string | { readonly type?: string; readonly cacheTtl?: number } | undefined

const keysOf = (keys: Keys): Attributes => {
  const list = typeof keys === 'string' ? [keys] : keys
  return { 'cloudflare.kv.query.keys': list, 'cloudflare.kv.query.keys.count': list.length }
}

const get = {
  request: (keys: Keys, options: GetOptions): Attributes => ({
    ...keysOf(keys),
    'cloudflare.kv.query.type': typeof options === 'object' ? options.type : options,
    'cloudflare.kv.query.cache_ttl': typeof options === 'object' ? options.cacheTtl : undefined,
  }),
}
const rows = (found: unknown): number =>
  found instanceof Map ? [...found.values()].filter((each) => each !== null).length : found === null ? 0 : 1

/** Workers KV. */
export const kv: BindingKind = bindingKind(
  'KV',
  ['KvNamespace'],
  { 'db.system.name': 'cloudflare-kv' },
  {
    get: { ...get, response: (found: unknown) => ({ 'cloudflare.kv.response.returned_rows': rows(found) }) },
    getWithMetadata: {
      ...get,
      response: (found: Map<string, unknown> | { readonly value: unknown; readonly cacheStatus?: string | null }) =>
        found instanceof Map
          ? { 'cloudflare.kv.response.returned_rows': rows(found) }
          : {
              'cloudflare.kv.response.returned_rows': rows(found.value),
              'cloudflare.kv.response.cache_status': found.cacheStatus ?? undefined,
            },
    },
    put: {
      request: (
        key: string,
        value: unknown,
        options?: { readonly expiration?: number; readonly expirationTtl?: number },
      ) => ({
        ...keysOf(key),
        'cloudflare.kv.query.expiration': options?.expiration,
        'cloudflare.kv.query.expiration_ttl': options?.expirationTtl,
        'cloudflare.kv.query.payload.size': sizeOf(value),
      }),
    },
    delete: { request: keysOf },
    list: {
      request: (options?: { readonly prefix?: string | null; readonly limit?: number }) => ({
        'cloudflare.kv.query.prefix': options?.prefix ?? undefined,
        'cloudflare.kv.query.limit': options?.limit,
      }),
      response: ({ keys, list_complete }: { readonly keys: readonly unknown[]; readonly list_complete: boolean }) => ({
        'cloudflare.kv.response.returned_rows': keys.length,
        'cloudflare.kv.response.list_complete': list_complete,
      }),
    },
  },
)
