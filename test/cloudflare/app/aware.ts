// An app that passes its span on: over RPC, queues, Workflows, alarms and sockets.
import {
  DurableObject,
  RpcTarget,
  WorkerEntrypoint,
  WorkflowEntrypoint,
  type WorkflowEvent,
  type WorkflowStep,
} from 'cloudflare:workers'
import { createTracer, otlp, type Span } from 'clew'
import { allBindings, under, unwrap } from 'clew/bindings'
import { durableObject, spanOf } from 'clew/durable-objects'
import { workerEntrypoint } from 'clew/entrypoints'
import type { Traced } from 'clew/propagate'
import { emailEvents, queueEvents, tailEvents, workers } from 'clew/workers'
import { workflow } from 'clew/workflows'

type Job = Traced<{ n: number }>
interface Env {
  OTLP_URL: string
  KV: KVNamespace
  JOBS: Queue<Job>
  PAY: Service<Pay>
  ROOM: DurableObjectNamespace<Room>
  FLOW: Workflow<Traced<{ order: string }>>
}

const tracer = createTracer((env: Env) => ({
  service: 'aware',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: allBindings,
  onError: (error) => errors.push(String(error)),
}))
/** What clew said of itself. */
const errors: string[] = []

class Ledger extends RpcTarget {
  readonly #entries: number[] = []
  #note: (text: string) => unknown
  constructor(note: (text: string) => unknown) {
    super()
    this.#note = note
  }
  add(amount: number): number {
    return this.#entries.push(amount)
  }
  [Symbol.dispose](): void {
    disposed++
    void this.#note('disposed')
  }
}
let disposed = 0

class Pay extends WorkerEntrypoint<Env> {
  /** What it was given, and how often anything was disposed of. */
  echo(...args: unknown[]): unknown[] {
    return [...args, disposed]
  }

  /** Something to call on, and a function of the caller's to call back. */
  open(order: Traced<{ note: (text: string) => unknown }>): Ledger {
    const { note } = order
    void note('opened')
    return new Ledger(() => {})
  }

  async charge(order: Traced<{ amount: number }>): Promise<number> {
    await this.env.KV.get('before')
    const span = spanOf<Env>(this)
    span.setAttribute('amount', order.amount)
    await span.enterSpan('card', (span) => span.env.KV.get('card'))
    return order.amount
  }
}

class Room extends DurableObject<Env> {
  static readonly #secret: string = 'static private'
  static secret(): string {
    return Room.#secret
  }
  #joined = 0

  async join(payload: Traced<{ name: string }>): Promise<string> {
    const span = spanOf<Env>(this)
    await span.enterSpan('joining', () => this.ctx.storage.put('name', payload.name))
    this.#joined++
    return `${payload.name} ${this.#joined} ${Object.keys(payload).join()}`
  }

  /** Two calls at once: the first line knows its span, later ones do not. */
  async slow(name: string): Promise<string> {
    const span = spanOf<Env>(this)
    await new Promise((resolve) => setTimeout(resolve, 30))
    const late = spanOf<Env>(this)
    await under(span, this.ctx.storage, 'storage').put(name, 1)
    span.setAttribute('name', name)
    return late.isRecording() ? 'recording' : 'nothing'
  }

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.serializeAttachment(spanOf<Env>(this).carry({ user: 'u' }))
    return new Response(null, { status: 101, webSocket: client })
  }

  override async webSocketMessage(socket: WebSocket, message: string): Promise<void> {
    if (message === 'fail') throw new Error('message failed on purpose')
    await this.ctx.storage.get('name')
    socket.send(`${(socket.deserializeAttachment() as { user: string }).user} ${message}`)
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close()
  }

  override webSocketError(socket: WebSocket, error: Error): void {
    spanOf<Env>(this).setAttribute('said', `${socket.deserializeAttachment().user} ${error.message}`)
  }
}

class Flow extends WorkflowEntrypoint<Env, Traced<{ order: string }>> {
  override async run(event: WorkflowEvent<Traced<{ order: string }>>, step: WorkflowStep): Promise<string> {
    const first = await step.do('reserve', async (context) => {
      await spanOf<Env>(context).env.KV.put('reserved', event.payload.order)
      return 'reserved'
    })
    let tries = 0
    await step.do('charge', { retries: { limit: 2, delay: 1 } }, async () => {
      if (++tries < 2) throw new Error('declined')
    })
    await step.sleep('cool down', 10)
    const { payload } = await step.waitForEvent<{ ok: boolean }>('approval', { type: 'approved' })
    return `${first} ${payload.ok}`
  }
}

/** Whoever forgets the context does not compile. */
function forgets(env: Env): unknown[] {
  return [
    // @ts-expect-error a bare job
    env.JOBS.send({ n: 1 }),
    // @ts-expect-error bare parameters
    env.FLOW.create({ params: { order: 'o' } }),
    // @ts-expect-error a bare argument
    env.PAY.charge({ amount: 1 }),
    // @ts-expect-error a bare argument
    env.ROOM.getByName('a').join({ name: 'n' }),
  ]
}

const paths: Record<string, (span: Span<Env>, env: Env, url: URL) => unknown> = {
  rpc: (span) => span.enterSpan('pay', (span) => span.env.PAY.charge(span.carry({ amount: 3 }))),
  echo: async (span, env) => {
    const own = { deep: { n: 1 }, list: [1] }
    const carried = span.withBaggage({ tier: 'gold' }).carry(own)
    const before = JSON.stringify(carried)
    const foreign = {
      $trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', extra: 'x' },
      own,
    }
    const inner = span.enterSpan('inner', (span) => span.carry({ inner: true }))
    const pay = env.PAY as unknown as { echo(...args: unknown[]): Promise<unknown[]> }
    const answer = await pay.echo(carried, foreign, inner, span.carry('text'), own, [carried], 'plain', undefined)
    return { answer, unchanged: JSON.stringify(carried) === before && !('$trace' in own) }
  },
  pipeline: async (span) => {
    const notes: string[] = []
    const note = (text: string): unknown => notes.push(text)
    // One round trip: the promise of `open` is the runtime's own.
    const first = await span.env.PAY.open(span.carry({ note })).add(1)
    {
      using ledger = await span.env.PAY.open(span.carry({ note }))
      await ledger.add(1)
      notes.push(String(await ledger.add(2)))
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    return [first, notes, (await (span.env.PAY as never as { echo(): Promise<number[]> }).echo())[0]]
  },
  object: (span) => span.env.ROOM.getByName('a').join(span.carry({ name: 'n' })),
  slow: async (span) => {
    const room = span.env.ROOM.getByName('slow')
    return Promise.all([room.slow('x'), room.slow('y')])
  },
  queue: (span) => span.env.JOBS.sendBatch([1, 2, 3].map((n) => ({ body: span.carry({ n }) }))),
  sent: (span) => span.env.JOBS.send(span.carry({ n: 7 })),
  flows: async (span) => {
    const params = span.carry({ order: 'o' })
    await span.env.FLOW.createBatch([{ id: 'batch-1', params }])
    await span.env.FLOW.createBatch({ instances: [{ id: 'batch-2', params }] }).catch(() => {})
    for (const id of ['batch-1', 'batch-2'])
      await span.env.FLOW.get(id).then(
        (instance) => instance.sendEvent({ type: 'approved', payload: { ok: true } }),
        () => {},
      )
    return 'made'
  },
  flow: async (span) => (await span.env.FLOW.create({ id: 'order-1', params: span.carry({ order: 'o' }) })).id,
  pause: async (span) => {
    const instance = await span.env.FLOW.get('order-1')
    await instance.pause()
    await instance.resume()
    return 'resumed'
  },
  approve: async (span) => {
    const instance = await span.env.FLOW.get('order-1')
    await instance.sendEvent({ type: 'approved', payload: { ok: true } })
    return 'sent'
  },
  status: async (_, env) =>
    (
      await unwrap(env.FLOW)
        .get('order-1')
        .then((instance) => instance.status())
    ).status,
  unwrap: (span, env) => [unwrap(span.env.KV) === unwrap(env.KV), unwrap(span.env.KV) === span.env.KV],
  statics: () => [TracedRoom.secret(), TracedRoom.name, TracedRoom.prototype instanceof DurableObject],
  errors: () => errors,
  forgets: () => forgets.name,
}

export default workers(
  tracer,
  {
    async fetch(request: Request, env: Env, { span }) {
      const url = new URL(request.url)
      if (url.pathname === '/socket') return span.env.ROOM.getByName('socket').fetch(request)
      return Response.json(await paths[url.pathname.slice(1)]!(span, env, url))
    },
    async queue(batch: MessageBatch<Job>, _env: Env, { span }) {
      for (const message of batch.messages)
        await span.continueTrace(message.body, 'process one job', async (span) => {
          span.setAttribute('n', message.body.n)
          if (message.body.n === 1) message.ack()
          if (message.body.n === 2 && message.attempts < 2) message.retry()
        })
    },
    async email(message: ForwardableEmailMessage, _env: Env, { span }) {
      span.setAttribute('subject.length', message.headers.get('subject')?.length ?? 0)
    },
    tail(_events: TraceItem[]) {},
  },
  [queueEvents, emailEvents, tailEvents],
)

const TracedPay = workerEntrypoint(tracer, Pay)
const TracedRoom = durableObject(tracer, Room)
const TracedFlow = workflow(tracer, Flow)

export { TracedFlow as Flow, TracedPay as Pay, TracedRoom as Room }
