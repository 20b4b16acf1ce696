// In: an R2 bucket. Out: the same, whose operations are spans with the attributes of Cloudflare's own tracing.
// Must stay true: objects are handed out as the host's own, with their bodies unread; metadata of the app's never leaves.
import { type BindingKind, bindingKind, type Method, type Methods } from './kind.ts'

/** `null`: there is none; `undefined`: a condition did not hold. */
const stored: Method = {
  tells: 'response.size,response.etag,response.storageClass',
  response: (object: unknown) => ({ 'cloudflare.r2.response.success': !!object }),
}
const key = 'request.key'
const read: Method = { ...stored, asks: key }

// The key of an upload is the argument: to ask the upload for it makes older runtimes write a warning.
const upload = (): Methods => ({
  uploadPart: { asks: 'request.partNumber request.size#', tells: 'response.etag' },
  abort: '',
  complete: {
    ...stored,
    request: ({ length }: readonly unknown[]) => ({ 'cloudflare.r2.request.uploaded_parts': length }),
  },
})

/** R2 buckets, multipart uploads included. */
export const r2: BindingKind = bindingKind('R2', ['R2Bucket'], {
  head: read,
  get: read,
  put: { ...stored, asks: `${key} request.size#` },
  delete: 'request.keys',
  list: {
    asks: 'request.prefix,request.limit,request.delimiter',
    tells: 'response.truncated',
    response: ({ objects }: { readonly objects: readonly unknown[] }) => ({
      'cloudflare.r2.response.returned_objects': objects.length,
    }),
  },
  createMultipartUpload: { asks: key, yields: upload },
  resumeMultipartUpload: { asks: key, opens: upload },
})
