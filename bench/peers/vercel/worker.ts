// @vercel/otel, as its README wires it, on Workers: its own exporter, flushed in `waitUntil` as its runtime would.
import { SpanKind, trace } from '@opentelemetry/api'
import { OTLPHttpJsonTraceExporter, registerOTel } from '@vercel/otel'
import { CHILD_NAME, CHILDREN, type Env, five } from '../../workers/work.ts'

let isRegistered = false

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    if (!isRegistered)
      registerOTel({
        serviceName: 'bench',
        traceExporter: new OTLPHttpJsonTraceExporter({ url: env.OTLP }),
        instrumentationConfig: { fetch: { propagateContextUrls: [env.UPSTREAM] } },
      })
    isRegistered = true
    const url = new URL(request.url)
    const attributes = {
      'http.request.method': request.method,
      'url.path': url.pathname,
      'url.scheme': url.protocol.slice(0, -1),
      'server.address': url.hostname,
      'server.port': Number(url.port),
      'faas.trigger': 'http',
    }
    const tracer = trace.getTracer('bench')
    return tracer.startActiveSpan(request.method, { kind: SpanKind.SERVER, attributes }, async (span) => {
      for (let i = 0; i < CHILDREN; i++)
        tracer.startSpan(CHILD_NAME, { kind: SpanKind.CLIENT, attributes: five(i) }).end()
      const upstream = await fetch(env.UPSTREAM)
      const response = new Response(await upstream.text())
      span.setAttribute('http.response.status_code', 200)
      span.end()
      const provider = trace.getTracerProvider() as unknown as { getDelegate(): { forceFlush(): Promise<void> } }
      ctx.waitUntil(provider.getDelegate().forceFlush())
      return response
    })
  },
}
