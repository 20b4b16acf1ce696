// The Worker of the network's bindings, traced; the app itself is the same. Some bindings are services locally.
import { createTracer, otlp } from 'clew'
import { allBindings, dispatch, email, named } from 'clew/bindings'
import { workers } from 'clew/workers'
import { type Env, network } from './network.ts'

const tracer = createTracer((env: Env) => ({
  service: 'network',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: [...allBindings, named(email, 'MAIL'), named(dispatch, 'DISPATCH')],
}))

export default workers(tracer, network)
