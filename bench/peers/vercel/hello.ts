// The Worker that answers "hello", traced by @vercel/otel.
import { SpanKind, trace } from '@opentelemetry/api'
import { OTLPHttpJsonTraceExporter, registerOTel } from '@vercel/otel'

let isRegistered = false

export default {
  fetch(request: Request, env: { OTLP_URL: string }, ctx: { waitUntil(promise: Promise<unknown>): void }): Response {
    if (!isRegistered)
      registerOTel({ serviceName: 'hello', traceExporter: new OTLPHttpJsonTraceExporter({ url: env.OTLP_URL }) })
    isRegistered = true
    const attributes = { 'http.request.method': request.method }
    trace.getTracer('hello').startSpan(request.method, { kind: SpanKind.SERVER, attributes }).end()
    const provider = trace.getTracerProvider() as unknown as { getDelegate(): { forceFlush(): Promise<void> } }
    ctx.waitUntil(provider.getDelegate().forceFlush())
    return new Response('hello')
  },
}
