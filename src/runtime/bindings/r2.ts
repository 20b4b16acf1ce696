// In: an R2 bucket. Out: the same, whose operations are spans with the attributes of Cloudflare's own tracing.
// Must stay true: objects are handed out as the host's own, with their bodies unread; metadata of the app's never leaves.
import type { Attributes } from '../../flush/model.ts'
import { type BindingKind, bindingKind, type Methods, type Place, tracedMethods } from './kind.ts'
import { sizeOf } from './size.ts'

const told = (group: string, values: Readonly<Record<string, Attributes[string]>>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`cloudflare.r2.${group}.${key}`, value]))

interface StoredObject {
  readonly size?: number
  readonly etag?: string
  readonly storageClass?: string
}
/** `null`: there is none; `undefined`: a condition did not hold. */
const stored = (object: StoredObject | null | undefined): Attributes =>
  told('response', { success: !!object, size: object?.size, etag: object?.etag, storage_class: object?.storageClass })

const byKey = (key: string): Attributes => told('request', { key })

const upload: Methods = {
  uploadPart: {
    request: (part_number: number, value: unknown) => told('request', { part_number, size: sizeOf(value) }),
    response: ({ etag }: { readonly etag: string }) => told('response', { etag }),
  },
  abort: {},
  complete: {
    request: (parts: readonly unknown[]) => told('request', { uploaded_parts: parts.length }),
    response: stored,
  },
}

/** R2 buckets, multipart uploads included. */
export const r2: BindingKind = bindingKind(
  'R2',
  ['R2Bucket'],
  {},
  {
    head: { request: byKey, response: stored },
    get: { request: byKey, response: stored },
    put: {
      request: (key: string, value: unknown) => told('request', { key, size: sizeOf(value) }),
      response: stored,
    },
    delete: { request: (keys: string | readonly string[]) => told('request', { keys: [keys].flat() }) },
    list: {
      request: (options?: { readonly prefix?: string; readonly limit?: number; readonly delimiter?: string }) =>
        told('request', { prefix: options?.prefix, limit: options?.limit, delimiter: options?.delimiter }),
      response: ({ objects, truncated }: { readonly objects: readonly unknown[]; readonly truncated: boolean }) =>
        told('response', { returned_objects: objects.length, truncated }),
    },
    createMultipartUpload: {
      request: byKey,
      yields: uploadOf,
    },
    resumeMultipartUpload: { opens: uploadOf },
  },
)

// The key is the argument: to ask the upload for it makes older runtimes write a warning.
function uploadOf(host: object, place: Place, shared: Attributes, [key]: readonly unknown[]): object {
  return tracedMethods(host, upload, place, { ...shared, ...told('request', { key: String(key) }) })
}
