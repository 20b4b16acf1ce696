// In: an HTTP function or a CloudEvent function of Google Cloud. Out: the same, each call an invocation.
// Must stay true: with request-based billing the CPU is taken away with the response, so the spans leave before it.
import { type Attributes, SpanKind } from '../../flush/model.ts'
import { recordGetter } from '../../propagate/getters.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { beforeReturn } from './before-return.ts'
import { NODE_RESOURCE, type NodeRequest, type NodeResponse, node } from './node.ts'
import { environment } from './process.ts'

export interface GoogleCloudOptions {
  /**
   * Milliseconds that the spans may hold up the response. Default 1,000. `Infinity`: none; they come after it, for
   * services with instance-based billing.
   */
  readonly beforeResponseMs?: number
}

/** Traces an HTTP function: `http('name', googleCloud(tracer, (request, response, { span }) => …))`. */
export function googleCloud<Env, Req extends NodeRequest, Res extends NodeResponse>(
  tracer: Tracer<Env>,
  listener: (request: Req, response: Res, context: { readonly span: Span<Env> }) => unknown,
  { beforeResponseMs = 1000 }: GoogleCloudOptions = {},
): (request: Req, response: Res) => unknown {
  return node(tracer, listener, { resource: resource(), ...(beforeResponseMs < Infinity && { beforeResponseMs }) })
}

/** A CloudEvent, as far as it is used; its tracing extension is `traceparent` beside the data. */
export interface CloudEventLike {
  readonly id?: string
  readonly type?: string
  readonly source?: string
}

/** Traces a CloudEvent function: `cloudEvent('name', googleCloudEvent(tracer, async (event, { span }) => …))`. */
export function googleCloudEvent<Env, E extends CloudEventLike, R>(
  tracer: Tracer<Env>,
  handler: (event: E, context: { readonly span: Span<Env> }) => R,
): (event: E) => Promise<Awaited<R>> {
  const host = resource()
  return (event) => {
    const attributes: Record<string, string> = { 'faas.trigger': 'pubsub' }
    if (event.id) attributes['cloudevents.event_id'] = event.id
    if (event.source) attributes['cloudevents.event_source'] = event.source
    if (event.type) attributes['cloudevents.event_type'] = event.type
    const start = {
      name: environment()['K_SERVICE'] ?? event.type ?? 'event',
      kind: SpanKind.CONSUMER,
      attributes,
      carrier: recordGetter(event as Record<string, unknown>),
      resource: host,
    }
    return beforeReturn(tracer, start, (span) => handler(event, { span }))
  }
}

/** What Cloud Run says of a function (its "Container runtime contract"). */
function resource(): Attributes {
  const { K_SERVICE: name, K_REVISION: version } = environment()
  return {
    ...NODE_RESOURCE,
    'cloud.provider': 'gcp',
    'cloud.platform': 'gcp_cloud_run',
    ...(name && { 'faas.name': name }),
    ...(version && { 'faas.version': version }),
  }
}
