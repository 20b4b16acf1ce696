// The Worker that answers "hello", traced with the stock processor and exporter.
import { SpanKind } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

let provider: TracerProvider | undefined

export default {
  fetch(request: Request, env: { OTLP_URL: string }, ctx: { waitUntil(promise: Promise<unknown>): void }): Response {
    provider ??= new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'hello' }),
      spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: env.OTLP_URL }) })],
    })
    const attributes = { 'http.request.method': request.method }
    provider.getTracer('hello').startSpan(request.method, { kind: SpanKind.SERVER, attributes }).end()
    ctx.waitUntil(provider.forceFlush())
    return new Response('hello')
  },
}
