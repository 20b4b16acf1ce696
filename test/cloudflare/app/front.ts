// In: requests, one path an operation. Out: what came of it, as JSON. The app does not know whether it is traced.
// Must stay true: every answer is the same at every run.
import { DurableObject, WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers'
import type { Traced } from 'clew/propagate'
import { type Billing, type Counter, Steps } from './back.ts'

export interface Env {
  OTLP_URL: string
  KV: KVNamespace
  DB: D1Database
  BUCKET: R2Bucket
  JOBS: Queue<unknown>
  ROOM: DurableObjectNamespace<Room>
  COUNTER: DurableObjectNamespace<Counter>
  FLOW: Workflow<Order>
  BACK: Fetcher
  BILLING: Service<Billing>
  LIMIT: RateLimit
  POINTS: AnalyticsEngineDataset
  SQL: Hyperdrive
  SECRET: SecretsStoreSecret
  MAIL: SendEmail
  IMAGES: ImagesBinding
  AI: unknown
}

/** The parameters of an instance. */
interface Order {
  readonly order: string
}

/** What a traced app does differently. */
export const tools = {
  cache: (cache: Cache, _ctx: ExecutionContext): Cache => cache,
}

/** An error as the app sees it. */
const refused = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'did not fail',
    (error: Error) => [error.constructor.name, error.name, error.message],
  )

/** Until it is so: what an instance does takes its time. */
async function becomes(instance: WorkflowInstance, wanted: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await instance.status()).status === wanted) return wanted
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`never ${wanted}: ${(await instance.status()).status}`)
}

type Operation = (env: Env, ctx: ExecutionContext, request: Request) => unknown

/** What `fetch` answers, by path. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  kv: async ({ KV }) => {
    await KV.put('a', 'one', { metadata: { m: 1 }, expirationTtl: 3600 })
    const many = await KV.get(['a', 'none'])
    const answer = [
      await KV.get('a'),
      await KV.get('none'),
      await KV.get('a', { type: 'text', cacheTtl: 60 }),
      [...many],
      await KV.getWithMetadata('a'),
      (await KV.list({ prefix: 'a', limit: 10 })).keys.map(({ name, metadata }) => [name, metadata]),
    ]
    await KV.delete('a')
    return answer
  },
  'kv-error': ({ KV }) => KV.put('', 'x'),
  r2: async ({ BUCKET }) => {
    const put = await BUCKET.put('k', 'hello', { customMetadata: { a: 'b' } })
    const got = await BUCKET.get('k')
    const upload = await BUCKET.createMultipartUpload('big')
    const part = await upload.uploadPart(1, 'part one')
    const again = BUCKET.resumeMultipartUpload('big', upload.uploadId)
    const done = await again.complete([part])
    const aborted = await BUCKET.createMultipartUpload('not')
    await aborted.abort()
    const answer = [
      put.size,
      await got!.text(),
      got!.customMetadata,
      got!.constructor.name,
      (await BUCKET.head('k'))?.size,
      await BUCKET.get('none'),
      done.key,
      (await BUCKET.list({ limit: 5 })).objects.map(({ key }) => key),
    ]
    await BUCKET.delete(['k', 'big'])
    return answer
  },
  d1: async ({ DB }) => {
    await DB.exec('drop table if exists cart')
    await DB.exec('create table cart (id integer primary key, name text)')
    const insert = DB.prepare('insert into cart (name) values (?)')
    const batch = await DB.batch([insert.bind('a'), insert.bind('b')])
    const select = DB.prepare("select * from cart where name <> 'secret' and id > ?").bind(0)
    const session = DB.withSession('first-primary')
    return [
      batch.map(({ success, meta }) => [success, meta.changes]),
      (await select.all()).results,
      await select.first(),
      await select.first('name'),
      await select.raw(),
      (await insert.bind('c').run()).meta.changes,
      (await session.prepare('select count(*) as n from cart').all()).results,
      typeof session.getBookmark(),
    ]
  },
  'd1-error': ({ DB }) => DB.prepare('select * from nowhere').all(),
  jobs: async ({ JOBS }) => {
    await JOBS.send({ n: 1, size: 7, length: 8 })
    await JOBS.sendBatch([{ body: { n: 2 } }, { body: 'three', contentType: 'text' }])
    return 'sent'
  },
  service: async ({ BACK }) => {
    const response = await BACK.fetch('http://back/hello?token=secret', { method: 'POST', body: 'x' })
    return [response.status, await response.text()]
  },
  rpc: async ({ BILLING }) => {
    const answer: unknown[] = [
      await BILLING.charge({ cart: 'c', amount: 3 }),
      await BILLING.argumentCount(1 as never, 2 as never),
      // Pipelining: one round trip.
      await BILLING.counter(5).inc(2),
      await BILLING.rate,
    ]
    {
      using counter = await BILLING.counter(1)
      answer.push(await counter.inc(1))
    }
    try {
      await BILLING.fail()
    } catch (error) {
      const { name, message, code } = error as Error & { code?: unknown }
      answer.push([name, message, code])
    }
    const stream = await BILLING.stream()
    answer.push(await new Response(stream).text())
    await new Promise((resolve) => setTimeout(resolve, 20))
    answer.push(await BILLING.disposed())
    return answer
  },
  // What goes along with a call: functions, objects to call on, bodies, another binding.
  'rpc-arguments': async ({ BILLING, BACK }) => {
    const billing = BILLING as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    const steps = new Steps(7)
    return [
      await billing['trade']!((n: number) => n * 2, steps, new Response('body')),
      await billing['askOther']!(BACK),
      await refused(billing['nowhere']!()),
      await refused(billing['charge']!({ cart: () => {}, amount: Symbol('no') })),
      // At once: the answers come in the order of the calls.
      await Promise.all([1, 2, 3].map((amount) => billing['charge']!({ cart: 'c', amount }))),
    ]
  },
  objects: async ({ COUNTER }) => {
    const byName = COUNTER.getByName('one')
    const id = COUNTER.idFromName('one')
    const answer = [
      await byName.add(2),
      await COUNTER.get(id).add(3),
      await COUNTER.get(COUNTER.idFromString(String(id))).value(),
      await (await COUNTER.get(COUNTER.newUniqueId()).fetch('http://counter/x')).text(),
      byName.name,
      byName.id.name,
    ]
    try {
      COUNTER.jurisdiction('eu')
    } catch (error) {
      answer.push(String(error))
    }
    return answer
  },
  room: async ({ ROOM }) => (await ROOM.getByName('lobby').fetch('http://room/storage')).json(),
  'room-alarm': async ({ ROOM }) => (await ROOM.getByName('lobby').fetch('http://room/alarm')).text(),
  'room-more': async ({ ROOM }) => (await ROOM.getByName('lobby').fetch('http://room/more')).json(),
  flow: async ({ FLOW }) => {
    const id = crypto.randomUUID()
    const instance = await FLOW.create({ id, params: { order: 'pear' } })
    const answer: unknown[] = [instance.id === id, await becomes(instance, 'running')]
    await instance.pause()
    answer.push(await becomes(instance, 'paused'))
    await instance.resume()
    await instance.sendEvent({ type: 'approved', payload: { ok: true } })
    answer.push(await becomes(instance, 'complete'), (await instance.status()).output)
    await instance.restart()
    const again = await FLOW.get(id)
    answer.push(await becomes(again, 'running'))
    await again.terminate()
    answer.push(await becomes(again, 'terminated'), await refused(FLOW.get('nobody')))
    return answer
  },
  'flow-batch': async ({ FLOW }) => {
    const ids = [1, 2].map(() => crypto.randomUUID())
    const [first, second] = await FLOW.createBatch(ids.map((id) => ({ id, params: { order: 'fig' } })))
    const answer: unknown[] = [first!.id === ids[0], await becomes(second!, 'running')]
    // The new form: older runtimes refuse it.
    const id = crypto.randomUUID()
    const created = await FLOW.createBatch({ instances: [{ id, params: { order: 'nut' } }] }).catch(() => undefined)
    answer.push(created && [created.created.map((one) => one.id === id), created.errors])
    for (const instance of [first!, second!, ...(created?.created ?? [])]) await instance.terminate()
    return answer
  },
  // An alarm that fails is tried again.
  'alarm-retries': async ({ ROOM }) => {
    const room = ROOM.getByName('retries')
    await room.fetch('http://room/alarms', { method: 'POST' })
    for (let tries = 0; tries < 200; tries++) {
      const [alarms, due] = (await (await room.fetch('http://room/alarms')).json()) as [unknown[]?, unknown?]
      if (alarms?.length === 2) return [alarms, due]
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('never tried again')
  },
  socket: ({ ROOM }, _ctx, request) => ROOM.getByName('socket').fetch('http://room/socket', request),
  limit: async ({ LIMIT }) => LIMIT.limit({ key: 'k' }),
  points: ({ POINTS }) => POINTS.writeDataPoint({ blobs: ['a'], doubles: [1], indexes: ['i'] }) ?? 'written',
  secret: async ({ SECRET }) => SECRET.get().catch((error) => String(error)),
  cache: async (_, ctx) => {
    const cache = tools.cache((caches as unknown as { default: Cache }).default, ctx)
    await cache.put('http://cache/x?sig=secret', new Response('cached', { headers: { 'cache-control': 'max-age=60' } }))
    return [
      await (await cache.match(new Request('http://cache/x?sig=secret')))?.text(),
      await cache.match('http://cache/none'),
      await cache.delete('http://cache/x?sig=secret'),
      await refused(cache.put('http://cache/x', new Response('partial', { status: 206 }))),
    ]
  },
  identity: ({ KV, COUNTER, SQL, JOBS }) => [
    KV instanceof Object,
    Object.prototype.toString.call(KV),
    String(COUNTER.idFromName('x').name),
    SQL.host.length > 0,
    typeof JOBS.send,
    JOBS.constructor.name,
    'get' in KV,
    KV.get.name,
  ],
  // Errors on their way through another Worker and out of objects.
  failures: async ({ BACK, BILLING, ROOM, COUNTER }) => [
    await refused(BACK.fetch('http://back/throw')),
    await refused((BILLING as unknown as Fetcher).fetch('http://billing/throw')),
    await (await (BILLING as unknown as Fetcher).fetch('http://billing/x')).text(),
    await refused(ROOM.getByName('broken').fetch('http://room/throw')),
    await refused((COUNTER.getByName('broken') as unknown as { never(): Promise<void> }).never()),
    await refused(BACK.fetch('not a url')),
    await refused(BACK.fetch('http://back/x', { signal: AbortSignal.abort(new TypeError('called off')) })),
  ],
  // The order in which the app sees its own calls answered, within and between bindings.
  order: async ({ KV, COUNTER, BILLING }, ctx) => {
    const seen: string[] = []
    const say = (what: string) => (): number => seen.push(what)
    const counter = COUNTER.getByName('order')
    ctx.waitUntil(Promise.resolve().then(say('background')))
    const all = Promise.all([
      ...['a', 'b', 'c'].map((key) => KV.put(key, key).then(say(`kv ${key}`))),
      ...[1, 2, 3].map((by) => counter.add(by).then(say(`object ${by}`))),
      ...[1, 2, 3].map((amount) => BILLING.charge({ cart: 'c', amount }).then(say(`rpc ${amount}`))),
    ])
    seen.push('called')
    await Promise.resolve().then(say('microtask'))
    await all
    // Only an object answers in the order it was asked; of the others it is enough that all have been heard.
    return [seen.filter((each) => each.startsWith('object')), seen.slice(0, 3), seen.sort()]
  },
  throw: () => {
    throw new TypeError('thrown on purpose')
  },
}

export const front = {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url)
    const operation = OPERATIONS[pathname.slice(1)]
    if (!operation) return new Response('not found', { status: 404 })
    const answer = await operation(env, ctx, request)
    return answer instanceof Response ? answer : Response.json(answer ?? null)
  },
  /** Refused, answered for, or failed, by who it is for. */
  async email(message: ForwardableEmailMessage, env: Env): Promise<void> {
    await env.KV.put('mail', `${message.headers.get('subject')} ${message.rawSize}`)
    if (message.to.startsWith('nobody')) message.setReject('no such person')
    if (message.to.startsWith('broken')) throw new Error('mail failed on purpose')
  },
  scheduled(controller: ScheduledController, env: Env, ctx: ExecutionContext): void {
    ctx.waitUntil(env.KV.put('ran', controller.cron))
    if (controller.cron === '9 9 9 9 9') throw new Error('cron failed on purpose')
  },
}

/** Storage, alarms, sockets. */
export class Room extends DurableObject<Env> {
  static readonly kinds: readonly string[] = ['room']
  #calls = 0

  override async fetch(request: Request): Promise<Response> {
    this.#calls++
    const { pathname } = new URL(request.url)
    const { storage } = this.ctx
    if (pathname === '/alarm') {
      await storage.setAlarm(Date.now())
      return new Response('set')
    }
    if (pathname === '/socket') {
      const { 0: client, 1: server } = new WebSocketPair()
      this.ctx.acceptWebSocket(server, ['tag'])
      server.serializeAttachment(this.attachment({ user: 'u' }))
      return new Response(null, { status: 101, webSocket: client })
    }
    if (pathname === '/throw') throw Object.assign(new RangeError('room failed on purpose'), { code: 'E_ROOM' })
    if (pathname === '/alarms') {
      if (request.method === 'POST') await storage.setAlarm(Date.now(), { allowConcurrency: false })
      return Response.json([await storage.get('alarms'), await storage.getAlarm()])
    }
    if (pathname === '/more') return Response.json(await this.more())
    storage.sql.exec('create table if not exists t (a text)')
    const cursor = storage.sql.exec("insert into t values ('secret') returning *")
    const rows = [...cursor]
    await storage.put('k', { deep: [1, 2] })
    await storage.put({ a: 1, b: 2 })
    storage.kv.put('sync', 1)
    const answer = [
      rows,
      await storage.get('k'),
      [...(await storage.get(['a', 'b']))],
      [...(await storage.list({ prefix: 'a' }))],
      storage.kv.get('sync'),
      await storage.delete('k'),
      storage.transactionSync(() => storage.sql.exec('select count(*) as n from t').one()),
      await storage.getAlarm(),
      this.#calls > 0,
    ]
    storage.sql.exec('drop table t')
    return Response.json(answer)
  }

  /** Transactions, alarms, and what fails. */
  private async more(): Promise<unknown[]> {
    const { storage } = this.ctx
    await storage.deleteAll()
    const inside = await storage.transaction(async (transaction) => {
      await transaction.put('in', 1)
      return transaction.get('in')
    })
    const undone = await refused(
      storage.transaction(async (transaction) => {
        await transaction.put('undone', 1)
        throw new TypeError('transaction failed on purpose')
      }),
    )
    let thrown: unknown
    try {
      storage.transactionSync(() => {
        storage.kv.put('undone', 2)
        throw new RangeError('failed at once')
      })
    } catch (error) {
      thrown = String(error)
    }
    let refusal: unknown
    try {
      storage.sql.exec('select * from nowhere')
    } catch (error) {
      refusal = String(error)
    }
    const uncloneable = await refused(Promise.resolve().then(() => storage.put('k', () => 1)))
    await storage.setAlarm(Date.now() + 3_600_000)
    const isSet = typeof (await storage.getAlarm()) === 'number'
    await storage.deleteAlarm()
    await storage.sync()
    return [
      inside,
      undone,
      thrown,
      refusal,
      uncloneable,
      isSet,
      await storage.getAlarm(),
      [...(await storage.list({ start: 'a', end: 'z', reverse: true })).keys()],
      [...storage.kv.list()].length,
      await storage.delete(['in', 'none']),
    ]
  }

  /** What goes with a socket; a traced app adds its context. */
  attachment(payload: unknown): unknown {
    return payload
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    await this.ctx.storage.put('alarm', info?.retryCount ?? 0)
    if (this.ctx.id.name !== 'retries') return
    const alarms = [...((await this.ctx.storage.get<unknown[]>('alarms')) ?? []), [info?.retryCount, info?.isRetry]]
    await this.ctx.storage.put('alarms', alarms)
    if (alarms.length < 2) throw new Error('alarm failed on purpose')
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const { user } = socket.deserializeAttachment() as { user: string }
    if (message === 'fail') throw new Error('message failed on purpose')
    socket.send(`${user}:${String(message)}:${this.ctx.getTags(socket).join()}`)
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code, 'bye')
  }
}

/** Waits to be told. */
export class Flow extends WorkflowEntrypoint<Env, Order> {
  override async run(event: WorkflowEvent<Order>, step: WorkflowStep): Promise<string> {
    const { payload } = await step.waitForEvent<{ ok: boolean }>('approval', { type: 'approved' })
    return `${event.payload.order} ${payload.ok}`
  }
}

export type Job = Traced<{ n: number }>
