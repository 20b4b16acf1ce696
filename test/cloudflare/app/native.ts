// Spans mirrored into the runtime's own tracing, which a streaming tail hears.
import { tracing } from 'cloudflare:workers'
import { createTracer, otlp } from 'clew'
import { kv } from 'clew/bindings'
import { type NativeTracing, nativeSpans } from 'clew/native'
import { workers } from 'clew/workers'

interface Env {
  OTLP_URL: string
  KV: KVNamespace
}

const tracer = createTracer((env: Env) => ({
  service: 'native',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: [kv],
  mirror: nativeSpans(tracing as NativeTracing),
}))

export default workers(tracer, {
  async fetch(_request: Request, _env: Env, { span }) {
    await span.enterSpan('outer', async (span) => {
      span.setAttribute('answer', 42)
      await new Promise((resolve) => setTimeout(resolve, 20))
      await span.enterSpan('inner', (span) => span.env.KV.get('k'))
    })
    await span.enterSpan('fails', async () => Promise.reject(new Error('on purpose'))).catch(() => {})
    return Response.json(span.spanContext().traceId)
  },
})
