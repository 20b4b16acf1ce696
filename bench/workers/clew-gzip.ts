import { createTracer, otlp } from 'clew'
import { gzip } from 'clew/flush'
import { workers } from 'clew/workers'
import { CHILD_NAME, CHILDREN, type Env, five } from './work.ts'

const tracer = createTracer((env: Env) => ({
  service: 'bench',
  exporter: otlp({ url: env.OTLP, compression: gzip({ minBytes: 1000 }) }),
}))

export default workers(tracer, {
  async fetch(_request: Request, env: Env, { span }) {
    for (let i = 0; i < CHILDREN; i++) span.startSpan(CHILD_NAME, { kind: 2, attributes: five(i) }).end()
    const upstream = await span.fetch(env.UPSTREAM)
    return new Response(await upstream.text())
  },
})
