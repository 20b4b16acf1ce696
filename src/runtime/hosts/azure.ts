// In: a handler of an Azure function (programming model 4). Out: the same handler, each call an invocation.
// Must stay true: there is no waitUntil: the spans leave before the result; what is no HTTP request continues the trace of
// the host's own context.
import { type Attributes, type AttributeValue, SpanKind, StatusCode } from '../../flush/model.ts'
import { recordGetter } from '../../propagate/getters.ts'
import { captured, methodAttributes, methodName } from '../http.ts'
import type { RecordingSpan } from '../recording-span.ts'
import { requestAttributes } from '../server.ts'
import type { Tracer } from '../tracer.ts'
import { beforeReturn } from './before-return.ts'
import { contextWith, type WithSpan } from './handle.ts'
import { NODE_RESOURCE } from './node.ts'
import { environment } from './process.ts'

/** What is used of Azure's `InvocationContext`. */
export interface AzureContext {
  readonly invocationId?: string
  readonly functionName?: string
  readonly traceContext?: { readonly traceParent?: string; readonly traceState?: string } | undefined
}

/** Traces a handler: `app.http('name', { handler: azure(tracer, async (request, { span }) => …) })`. */
export function azure<Env, E, C extends AzureContext, R>(
  tracer: Tracer<Env>,
  handler: (input: E, context: WithSpan<C, Env>) => R,
): (input: E, context: Omit<C, 'span'>) => Promise<Awaited<R>> {
  const host = resource()
  return (input, given) => {
    const context = given as C
    const request = isRequest(input) ? input : undefined
    const attributes: Record<string, AttributeValue> = {
      'faas.trigger': request ? 'http' : 'other',
      ...(request && requestAttributes(request)),
    }
    if (context.invocationId) attributes['faas.invocation_id'] = context.invocationId
    const { traceParent, traceState } = context.traceContext ?? {}
    const start = {
      name: request ? methodName(methodAttributes(request.method)) : (context.functionName ?? 'function'),
      kind: SpanKind.SERVER,
      attributes,
      carrier: request?.headers ?? recordGetter({ traceparent: traceParent, tracestate: traceState }),
      resource: host,
    }
    return beforeReturn(tracer, start, async (span) => {
      const result = await handler(input, contextWith(context, span))
      const root = span as unknown as RecordingSpan<Env>
      if (request) root.config.attempt(() => answered(root, result))
      return result
    })
  }
}

/** Azure's answers are objects with a status, or the body of one with 200. */
function answered<Env>(root: RecordingSpan<Env>, result: unknown): void {
  const { status: given, headers } = (result ?? {}) as { status?: unknown; headers?: HeadersInit }
  const status = Number(given ?? (result ? 200 : 204))
  captured(root, undefined, { get: (name) => new Headers(headers).get(name) })
  root.setAttribute('http.response.status_code', status)
  if (status >= 500) root.setAttribute('error.type', String(status)).setStatus({ code: StatusCode.ERROR })
}

function isRequest(input: unknown): input is Request {
  const { headers, method } = (input ?? {}) as { headers?: { get?: unknown }; method?: unknown }
  return typeof method === 'string' && typeof headers?.get === 'function'
}

function resource(): Attributes {
  const { WEBSITE_SITE_NAME: name, REGION_NAME: region } = environment()
  return {
    ...NODE_RESOURCE,
    'cloud.provider': 'azure',
    'cloud.platform': 'azure.functions',
    ...(name && { 'faas.name': name }),
    ...(region && { 'cloud.region': region }),
  }
}
