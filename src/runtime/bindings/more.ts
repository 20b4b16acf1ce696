// In: bindings with a method or two. Out: the same, whose calls are spans.
// Must stay true: what an object holds of the app's (points, vectors, pictures, secrets, mails) never leaves.
import type { Attributes } from '../../flush/model.ts'
import { redactUrl } from '../redact.ts'
import { type BindingKind, bindingKind, type Method, tracedMethods } from './kind.ts'
import { tracedStub } from './stub.ts'

const plain: Method = {}
const counted: Method = {
  request: (items: readonly unknown[]) => ({
    'db.operation.batch.size': items.length === 1 ? undefined : items.length,
  }),
}

/** Vectorize indexes. */
export const vectorize: BindingKind = bindingKind(
  'vectorize',
  ['VectorizeIndexImpl'],
  { 'db.system.name': 'cloudflare-vectorize' },
  {
    ...Object.fromEntries(
      ['query', 'queryById'].map((name) => [
        name,
        {
          request: (_: unknown, options?: { readonly topK?: number }) => ({
            'cloudflare.vectorize.top_k': options?.topK,
          }),
          response: ({ count }: { readonly count?: number }) => ({ 'db.response.returned_rows': count }),
        },
      ]),
    ),
    insert: counted,
    upsert: counted,
    getByIds: counted,
    deleteByIds: counted,
    describe: plain,
  },
)

/** Analytics Engine data sets. */
export const analyticsEngine: BindingKind = bindingKind(
  'analytics_engine',
  ['AnalyticsEngine', 'LocalAnalyticsEngineDataset'],
  { 'db.system.name': 'cloudflare-analytics-engine' },
  { writeDataPoint: plain },
)

/** Rate limiters. */
export const rateLimiter: BindingKind = bindingKind(
  'rate_limiter',
  ['Ratelimit'],
  {},
  {
    limit: {
      response: ({ success }: { readonly success: boolean }) => ({ 'cloudflare.rate_limiter.success': success }),
    },
  },
)

/** Images: `info`, and the `output` of a transformation. */
export const images: BindingKind = bindingKind(
  'images',
  ['ImagesBindingImpl'],
  {},
  {
    info: plain,
    input: { opens: (host: object, place, shared) => tracedMethods(host, { output: plain }, place, shared) },
  },
)

/** Mail sent by `send_email`. Nobody's address leaves. */
export const email: BindingKind = bindingKind('send_email', ['SendEmail'], {}, { send: plain })

/** Secrets Store. */
export const secret: BindingKind = bindingKind('secrets_store', ['SecretsStoreSecret'], {}, { get: plain })

/** Hyperdrive: connections to the database. */
export const hyperdrive: BindingKind = bindingKind('hyperdrive', ['Hyperdrive'], {}, { connect: plain })

const cached: Method = {
  request: (request: string | URL | Request): Attributes => ({
    'url.full': redactUrl(String((request as Request).url ?? request)),
  }),
}

/** The Cache API, which is in no `env`: `under(span, caches.default)`. */
export const cache: BindingKind = bindingKind(
  'cache',
  ['Cache'],
  {},
  {
    match: {
      ...cached,
      response: (found: unknown) => ({ 'cloudflare.cache.hit': found !== undefined }),
    },
    put: cached,
    delete: cached,
  },
)

/** Dispatch namespaces (Workers for Platforms): `fetch` of the Workers they hold carries the trace. */
export const dispatch: BindingKind = {
  classNames: ['DispatchNamespace'],
  trace: (namespace, place) =>
    tracedMethods(
      namespace,
      {
        get: {
          opens: (stub: object, place, shared, [script]) =>
            tracedStub(stub, place, { ...shared, 'cloudflare.dispatch_namespace.script': String(script) }),
        },
      },
      place,
      { 'cloudflare.binding.type': 'dispatch_namespace', 'cloudflare.binding.name': place.name },
    ),
}
