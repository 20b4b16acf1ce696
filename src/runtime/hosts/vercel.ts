// In: a Vercel function: a route handler, `export default { fetch }`, middleware, or a classic Node function. Out: the
// same, each call an invocation.
// Must stay true: no dependency: the request context is found under the symbol where Vercel puts it, or Next.js's hosts
// elsewhere do; without one (`next start`, tests) the process lives on by itself.
import type { Attributes } from '../../flush/model.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { handle, type RequestHandler, type TracedRequestHandler } from './handle.ts'
import { NODE_RESOURCE, type NodeRequest, type NodeResponse, node } from './node.ts'
import { environment } from './process.ts'

export interface VercelOptions {
  /** `http.route`: `/users/[id]`. Default: absent, for Vercel does not tell it. */
  readonly route?: string
}

/** Where Vercel keeps what belongs to the request (`@vercel/functions`, "waitUntil"); and where Next.js elsewhere looks. */
const REQUEST_CONTEXTS = ['@vercel/request-context', '@next/request-context']

interface RequestContext {
  waitUntil?(promise: Promise<unknown>): void
}

/**
 * Traces a function of the web signature, edge or Node:
 * `export const GET = vercel(tracer, (request, { span }) => …)`. In Next.js the second argument has `params` as well.
 */
export function vercel<Env = unknown, C = undefined>(
  tracer: Tracer<Env>,
  handler: RequestHandler<Env, C>,
  { route }: VercelOptions = {},
): TracedRequestHandler<C> {
  return handle(tracer, handler, {
    waitUntil: keepAlive,
    resource: resource(),
    ...(route && { attributes: () => ({ 'http.route': route }) }),
  })
}

/** Traces a classic Node function: `export default vercelNode(tracer, (request, response, { span }) => …)`. */
export function vercelNode<Env, Req extends NodeRequest, Res extends NodeResponse>(
  tracer: Tracer<Env>,
  listener: (request: Req, response: Res, context: { readonly span: Span<Env> }) => unknown,
): (request: Req, response: Res) => unknown {
  return node(tracer, listener, { waitUntil: keepAlive, resource: { ...NODE_RESOURCE, ...resource() } })
}

function keepAlive(promise: Promise<unknown>): void {
  const contexts = REQUEST_CONTEXTS.map((name) => {
    const holder = Reflect.get(globalThis, Symbol.for(name)) as { get?(): RequestContext | undefined } | undefined
    return holder?.get?.()
  })
  contexts.find((context) => context?.waitUntil)?.waitUntil?.(promise)
}

/** What Vercel's system variables say; the names are those of Vercel's own instrumentation. */
function resource(): Attributes {
  const env = environment()
  const named: [key: string, variable: string][] = [
    ['cloud.region', 'VERCEL_REGION'],
    ['vercel.env', 'VERCEL_ENV'],
    ['vercel.deployment_id', 'VERCEL_DEPLOYMENT_ID'],
    ['vercel.sha', 'VERCEL_GIT_COMMIT_SHA'],
  ]
  const found = named.flatMap(([key, variable]) => (env[variable] ? [[key, env[variable]]] : []))
  return { 'cloud.provider': 'vercel', ...Object.fromEntries(found) }
}
