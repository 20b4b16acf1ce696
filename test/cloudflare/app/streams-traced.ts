// The streams, traced.
import { createTracer, otlp } from 'clew'
import { workers } from 'clew/workers'
import { type Env, streams } from './streams.ts'

const tracer = createTracer((env: Env) => ({
  service: 'streams',
  exporter: otlp({ url: env.OTLP_URL }),
  countBodies: env.COUNT_BODIES === true,
}))

export default workers(tracer, streams)
