// The back Worker, traced; the app itself is the same.
import { createTracer, otlp } from 'clew'
import { allBindings } from 'clew/bindings'
import { durableObject } from 'clew/durable-objects'
import { workerEntrypoint } from 'clew/entrypoints'
import { queueEvents, workers } from 'clew/workers'
import { back, type Env, Billing as PlainBilling, Counter as PlainCounter } from './back.ts'

const tracer = createTracer((env: Env) => ({
  service: 'back',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: allBindings,
}))

export default workers(tracer, back, [queueEvents])
export const Billing = workerEntrypoint(tracer, PlainBilling)
export const Counter = durableObject(tracer, PlainCounter)
