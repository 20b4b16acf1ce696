// In: requests, one path an operation. Out: what came of it, as JSON. The app does not know whether it is traced.
// Must stay true: every answer is the same at every run.
import { DurableObject } from 'cloudflare:workers'
import type { Traced } from 'clew/propagate'
import type { Billing, Counter } from './back.ts'

export interface Env {
  OTLP_URL: string
  KV: KVNamespace
  DB: D1Database
  BUCKET: R2Bucket
  JOBS: Queue<unknown>
  ROOM: DurableObjectNamespace<Room>
  COUNTER: DurableObjectNamespace<Counter>
  FLOW: Workflow
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
    await JOBS.send({ n: 1 })
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
    return answer
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
  limit: async ({ LIMIT }) => LIMIT.limit({ key: 'k' }),
  points: ({ POINTS }) => POINTS.writeDataPoint({ blobs: ['a'], doubles: [1], indexes: ['i'] }) ?? 'written',
  secret: async ({ SECRET }) => SECRET.get().catch((error) => String(error)),
  cache: async () => {
    const { default: cache } = caches as unknown as { default: Cache }
    await cache.put('http://cache/x', new Response('cached', { headers: { 'cache-control': 'max-age=60' } }))
    return (await cache.match('http://cache/x'))?.text()
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
  throw: () => {
    throw new TypeError('thrown on purpose')
  },
}

export const front = {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url)
    const operation = OPERATIONS[pathname.slice(1)]
    if (!operation) return new Response('not found', { status: 404 })
    return Response.json((await operation(env, ctx, request)) ?? null)
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

  /** What goes with a socket; a traced app adds its context. */
  attachment(payload: unknown): unknown {
    return payload
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    await this.ctx.storage.put('alarm', info?.retryCount ?? 0)
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

export type Job = Traced<{ n: number }>
