// OpenTelemetry JS 3.x wired by hand: explicit contexts, a processor that only collects, one JSON POST.
import { context, propagation, ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { CHILD_NAME, CHILDREN, type Env, five } from '../../workers/work.ts'

void context
void propagation
const byTrace = new Map<string, Span[]>()
const processor = {
  onStart() {},
  onEnd(span: Span) {
    const { traceId } = span.spanContext()
    const spans = byTrace.get(traceId)
    if (spans) spans.push(span)
    else byTrace.set(traceId, [span])
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
} as unknown as SpanProcessor
const provider = new TracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'bench' }),
  spanProcessors: [processor],
})
const tracer = provider.getTracer('bench')
const propagator = new W3CTraceContextPropagator()
const setter = { set: (carrier: Record<string, string>, key: string, value: string) => void (carrier[key] = value) }
const getter = { get: (from: Headers, key: string) => from.get(key) ?? undefined, keys: () => [] }
const text = new TextDecoder()

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    const url = new URL(request.url)
    const parent = propagator.extract(ROOT_CONTEXT, request.headers, getter)
    const attributes = {
      'http.request.method': request.method,
      'url.path': url.pathname,
      'url.scheme': url.protocol.slice(0, -1),
      'server.address': url.hostname,
      'server.port': Number(url.port),
      'faas.trigger': 'http',
    }
    const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER, attributes }, parent)
    const here = trace.setSpan(parent, span)
    for (let i = 0; i < CHILDREN; i++)
      tracer.startSpan(CHILD_NAME, { kind: SpanKind.CLIENT, attributes: five(i) }, here).end()
    const call = tracer.startSpan(
      'GET',
      { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET', 'url.full': env.UPSTREAM } },
      here,
    )
    const headers: Record<string, string> = {}
    propagator.inject(trace.setSpan(here, call), headers, setter)
    const upstream = await fetch(env.UPSTREAM, { headers })
    call.setAttribute('http.response.status_code', upstream.status)
    call.end()
    const response = new Response(await upstream.text())
    span.setAttribute('http.response.status_code', 200)
    span.end()
    const { traceId } = span.spanContext()
    const body = text.decode(JsonTraceSerializer.serializeRequest(byTrace.get(traceId) as never))
    byTrace.delete(traceId)
    ctx.waitUntil(
      fetch(env.OTLP, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then((answer) =>
        answer.arrayBuffer(),
      ),
    )
    return response
  },
}
