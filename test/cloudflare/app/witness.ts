// A Worker that calls what it can call, itself included, one thing after the other.
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'
import { createTracer, otlp } from 'clew'
import { allBindings } from 'clew/bindings'
import { durableObject, spanOf } from 'clew/durable-objects'
import { workerEntrypoint } from 'clew/entrypoints'
import type { Traced } from 'clew/propagate'
import { workers } from 'clew/workers'

interface Env {
  OTLP_URL: string
  KV: KVNamespace
  DB: D1Database
  BUCKET: R2Bucket
  JOBS: Queue<unknown>
  SELF: Fetcher
  API: Service<Api>
  ROOM: DurableObjectNamespace<Room>
}

const tracer = createTracer((env: Env) => ({
  service: 'witness',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: allBindings,
}))

/** So that the clock, which has milliseconds, tells one thing from the next. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

class Api extends WorkerEntrypoint<Env> {
  async rate(_: Traced<object>): Promise<number> {
    const span = spanOf<Env>(this)
    await this.env.KV.get('rate')
    await pause()
    return span.env.ROOM.getByName('rates').add(span.carry({ by: 1 }))
  }
}

class Room extends DurableObject<Env> {
  async add({ by }: Traced<{ by: number }>): Promise<number> {
    await this.ctx.storage.put('by', by)
    await pause()
    return by
  }
  override async fetch(): Promise<Response> {
    await pause()
    return new Response(String(await this.ctx.storage.get('by')))
  }
}

const steps: readonly ((env: Env, carried: Traced<object>) => Promise<unknown>)[] = [
  ({ KV }) => KV.put('a', 'b'),
  ({ KV }) => KV.get('a'),
  ({ DB }) => DB.prepare('select 1').all(),
  ({ BUCKET }) => BUCKET.put('a', 'b'),
  async ({ SELF }) => (await SELF.fetch('http://self/inner')).text(),
  ({ API }, carried) => API.rate(carried),
  async ({ ROOM }) => (await ROOM.getByName('rates').fetch('http://room/')).text(),
  ({ JOBS }) => JOBS.send({ n: 1 }),
]

export default workers(tracer, {
  async fetch(request: Request, env: Env, { span }) {
    if (request.url.endsWith('/inner')) {
      await env.KV.get('inner')
      await pause()
      return new Response('inner')
    }
    for (const step of steps) {
      await step(env, span.carry({}))
      await pause()
    }
    return new Response('done')
  },
})

const TracedApi = workerEntrypoint(tracer, Api)
const TracedRoom = durableObject(tracer, Room)

export { TracedApi as Api, TracedRoom as Room }
