// In: the handlers of a Cloudflare Worker. Out: the same handlers, each event an invocation with a root span.
// Must stay true: the response, its body, headers and errors reach the runtime as the handler made them; the request's
// body is never read; the runtime's promise is given before the first line of the handler runs.
import type { ExecutionContext, ScheduledController } from '@cloudflare/workers-types'
import { type AttributeValue, SpanKind, StatusCode } from '../flush/model.ts'
import { bindEnv } from './bindings/env.ts'
import { forward } from './forward.ts'
import { methodAttributes, methodName, parseUrl, urlAttributes } from './http.ts'
import type { InvocationStart, Lifetime } from './invocation.ts'
import type { RecordingSpan } from './recording-span.ts'
import { untilBodyEnds } from './response.ts'
import type { Span } from './span.ts'
import type { Tracer } from './tracer.ts'

/** The third argument of a traced handler: the runtime's context, and the span of the invocation. */
export type WorkersContext<Env> = ExecutionContext & { readonly span: Span<Env> }

/** The handlers that `workers` knows. Others of the object are handed on untouched. */
export interface WorkersHandler<Env> {
  fetch?(request: Request, env: Env, ctx: WorkersContext<Env>): Response | Promise<Response>
  scheduled?(controller: ScheduledController, env: Env, ctx: WorkersContext<Env>): void | Promise<void>
}

/** A handler as the runtime calls it. */
export type TracedWorker<Env, H> = {
  readonly [name in keyof H]: name extends 'fetch'
    ? (request: Request, env: Env, ctx: ExecutionContext) => Response | Promise<Response>
    : name extends 'scheduled'
      ? (controller: ScheduledController, env: Env, ctx: ExecutionContext) => void | Promise<void>
      : H[name]
}

/**
 * After the response or the client's leave, work under `waitUntil` has 30 s in all
 * (developers.cloudflare.com/workers/platform/limits, "Duration").
 */
const GRACE_MS = 30_000

/** What every Worker says of itself; Cloudflare's own tracing uses the same two. */
const RESOURCE = { 'cloud.provider': 'cloudflare', 'cloud.platform': 'cloudflare.workers' } as const

/** Traces a Worker: `export default workers(tracer, { async fetch(request, env, { span }) { … } })`. */
export function workers<Env, H extends WorkersHandler<Env>>(
  tracer: Tracer<Env>,
  handler: H & WorkersHandler<Env>,
): TracedWorker<Env, H> {
  let isCold = true

  function start(name: string, trigger: string, env: Env, ctx: ExecutionContext) {
    const attributes: Record<string, AttributeValue> = { 'faas.trigger': trigger, 'cloudflare.handler_type': name }
    if (isCold) attributes['faas.coldstart'] = true
    isCold = false
    const version = versionOf(env)
    if (version) attributes['cloudflare.script_version.id'] = version
    return {
      name,
      attributes,
      env,
      keepAlive: (promise: Promise<unknown>) => ctx.waitUntil(promise),
      graceMs: GRACE_MS,
      resource: RESOURCE,
      bind: bindEnv<Env>,
    } satisfies InvocationStart<Env>
  }

  const traced: Record<string, unknown> = { ...(handler as object) }
  if (handler.fetch) {
    traced['fetch'] = (request: Request, env: Env, ctx: ExecutionContext) => {
      const begin = start('fetch', 'http', env, ctx)
      Object.assign(begin.attributes, requestAttributes(request))
      const invocation = {
        ...begin,
        name: methodName(begin.attributes),
        kind: SpanKind.SERVER,
        carrier: request.headers,
      }
      return tracer.invoke(invocation, (span, lifetime) => {
        const answer = handler.fetch!(request, span.env, contextWith(ctx, span))
        const respond = (response: Response): Response => responded(span as never, lifetime, request, response)
        return answer instanceof Promise ? answer.then(respond) : respond(answer)
      })
    }
  }
  if (handler.scheduled) {
    traced['scheduled'] = (controller: ScheduledController, env: Env, ctx: ExecutionContext) => {
      const begin = start('scheduled', 'timer', env, ctx)
      Object.assign(begin.attributes, {
        'faas.cron': controller.cron,
        'faas.time': new Date(controller.scheduledTime).toISOString(),
      })
      const invocation = { ...begin, name: `scheduled ${controller.cron}`, kind: SpanKind.SERVER }
      return tracer.invoke(invocation, (span) => handler.scheduled!(controller, span.env, contextWith(ctx, span)))
    }
  }
  return traced as TracedWorker<Env, H>
}

function requestAttributes(request: Request & { cf?: Record<string, unknown> }): Record<string, AttributeValue> {
  const { cf, headers, method, url } = request
  const attributes = Object.assign(methodAttributes(method), urlAttributes(parseUrl(url), false))
  const put = (key: string, value: unknown): void => {
    if (typeof value === 'string' && value) attributes[key] = value
  }
  put('user_agent.original', headers.get('user-agent'))
  put('cloudflare.ray_id', headers.get('cf-ray'))
  put('cloudflare.colo', cf?.['colo'])
  // `HTTP/2` there, `2` in the conventions.
  put('network.protocol.version', /\d.*/.exec(String(cf?.['httpProtocol'] ?? ''))?.[0])
  return attributes
}

/** Writes what the response says onto the span, which then waits for a streamed body. */
function responded(span: RecordingSpan<unknown>, lifetime: Lifetime, request: Request, response: Response): Response {
  if (!span.isRecording()) return response
  const { status } = response
  span.setAttribute('http.response.status_code', status)
  if (status >= 500) span.setAttribute('error.type', String(status)).setStatus({ code: StatusCode.ERROR })
  // A route that the app found out names the span, unless the app named it itself.
  const { attributes, name } = span.record
  const method = methodName(attributes)
  if (attributes['http.route'] && name === method) span.updateName(`${method} ${attributes['http.route']}`)
  return untilBodyEnds(response, request, span, lifetime)
}

/** The runtime's context, with the span in it, and with a `waitUntil` that the invocation waits for. */
function contextWith<Env>(ctx: ExecutionContext, span: Span<Env>): WorkersContext<Env> {
  return forward(ctx, (key) => {
    if (key === 'span') return span
    if (key === 'waitUntil') return (promise: Promise<unknown>) => span.waitUntil(promise)
    return undefined
  }) as WorkersContext<Env>
}

/** The id of the deployed version, where the Worker has the version metadata binding under its usual name. */
function versionOf(env: unknown): string | undefined {
  const id = (env as { CF_VERSION_METADATA?: { id?: unknown } } | undefined)?.CF_VERSION_METADATA?.id
  return typeof id === 'string' ? id : undefined
}
