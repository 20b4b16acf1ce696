// Logfire's fork of otel-cf-workers, as its README wires it.
import { trace } from '@opentelemetry/api'
import { instrument } from '@pydantic/otel-cf-workers'
import { CHILD_NAME, CHILDREN, type Env, five } from '../../workers/work.ts'

const handler = {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const tracer = trace.getTracer('bench')
    for (let i = 0; i < CHILDREN; i++) tracer.startSpan(CHILD_NAME, { kind: 2, attributes: five(i) }).end()
    const upstream = await fetch(env.UPSTREAM)
    return new Response(await upstream.text())
  },
}

export default instrument(
  handler as never,
  ((env: Env) => ({
    exporter: { url: env.OTLP, headers: {} },
    service: { name: 'bench' },
  })) as never,
)
