// The front Worker, traced; the app itself is the same.
import { createTracer, otlp } from 'clew'
import { allBindings, named, secret, under } from 'clew/bindings'
import { durableObject, spanOf } from 'clew/durable-objects'
import { type WorkersContext, workers } from 'clew/workers'
import { workflow } from 'clew/workflows'
import { type Env, front, Flow as PlainFlow, Room as PlainRoom, tools } from './front.ts'

const tracer = createTracer((env: Env) => ({
  service: 'front',
  exporter: otlp({ url: env.OTLP_URL }),
  // A service, locally.
  bindings: [...allBindings, named(secret, 'SECRET')],
}))

tools.cache = (cache, ctx) => under((ctx as WorkersContext<Env>).span, cache, 'cache')

export default workers(tracer, front)

class TracedRoom extends PlainRoom {
  override attachment(payload: unknown): unknown {
    return spanOf<Env>(this).carry(payload)
  }
}
export const Room = durableObject(tracer, TracedRoom, 'Room')

export const Flow = workflow(tracer, PlainFlow, 'Flow')
