// The front Worker, traced; the app itself is the same.
import { WorkflowEntrypoint } from 'cloudflare:workers'
import { createTracer, otlp } from 'clew'
import { allBindings } from 'clew/bindings'
import { durableObject, spanOf } from 'clew/durable-objects'
import { workers } from 'clew/workers'
import { type Env, front, Room as PlainRoom } from './front.ts'

const tracer = createTracer((env: Env) => ({
  service: 'front',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: allBindings,
}))

export default workers(tracer, front)

class TracedRoom extends PlainRoom {
  override attachment(payload: unknown): unknown {
    return spanOf<Env>(this).carry(payload)
  }
}
export const Room = durableObject(tracer, TracedRoom, 'Room')

export class Flow extends WorkflowEntrypoint {
  override async run(): Promise<void> {}
}
