// In: bindings with a method or two. Out: the same, whose calls are spans.
// Must stay true: what an object holds of the app's (points, vectors, pictures, secrets, mails) never leaves.
import type { Attributes } from '../../../flush/model.ts'
import { redactUrl } from '../../redact.ts'
import { type BindingKind, bindingKind, type Method, type Methods, told } from './kind.ts'
import { tracedNamespace } from './stub.ts'

const counted: Method = {
  request: ({ length }: readonly unknown[]) => ({ 'db.operation.batch.size': length === 1 ? undefined : length }),
}
const query: Method = {
  request: (_: unknown, options: unknown) => told('cloudflare.vectorize.', 'topK', options),
  response: ({ count }: { readonly count?: number }) => ({ 'db.response.returned_rows': count }),
}

/** Vectorize indexes. */
export const vectorize: BindingKind = bindingKind(
  'vectorize',
  ['VectorizeIndexImpl'],
  {
    query,
    queryById: query,
    insert: counted,
    upsert: counted,
    getByIds: counted,
    deleteByIds: counted,
    describe: '',
  },
  () => ({ 'db.system.name': 'cloudflare-vectorize' }),
)

/** Analytics Engine data sets. */
export const analyticsEngine: BindingKind = bindingKind(
  'analytics_engine',
  ['AnalyticsEngine', 'LocalAnalyticsEngineDataset'],
  { writeDataPoint: '' },
  () => ({ 'db.system.name': 'cloudflare-analytics-engine' }),
)

/** Rate limiters. */
export const rateLimiter: BindingKind = bindingKind('rate_limiter', ['Ratelimit'], { limit: { tells: 'success' } })

const picture = (): Methods => ({ output: 'options.format,options.quality' })

/** Images: `info`, and the `output` of a transformation. */
export const images: BindingKind = bindingKind('images', ['ImagesBindingImpl'], {
  info: { tells: 'result.format,result.fileSize,result.width,result.height' },
  input: { opens: picture },
  text: { opens: picture },
})

/** Mail sent by `send_email`. Nobody's address leaves. */
export const email: BindingKind = bindingKind('send_email', ['SendEmail'], { send: '' })

/** Secrets Store. */
export const secret: BindingKind = bindingKind('secrets_store', ['SecretsStoreSecret'], { get: '' })

/** Hyperdrive: connections to the database. */
export const hyperdrive: BindingKind = bindingKind('hyperdrive', ['Hyperdrive'], { connect: '' })

const cached: Method = {
  request: (request: string | URL | Request): Attributes => ({
    'url.full': redactUrl(String((request as Request).url ?? request)),
  }),
}

/** The Cache API, which is in no `env`: `under(span, caches.default)`. */
export const cache: BindingKind = bindingKind('cache', ['Cache'], {
  match: { ...cached, response: (found: unknown) => ({ 'cloudflare.cache.hit': found !== undefined }) },
  put: cached,
  delete: cached,
})

/** Dispatch namespaces (Workers for Platforms): `fetch` of the Workers they hold carries the trace. */
export const dispatch: BindingKind = {
  classNames: ['DispatchNamespace'],
  trace: (namespace, place) =>
    tracedNamespace(namespace, place, 'dispatch_namespace', (_, [script]) => ({
      'cloudflare.dispatch_namespace.script': String(script),
    })),
}
