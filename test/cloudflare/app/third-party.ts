// Libraries that know nothing of clew, over traced bindings: an ORM, an RPC library, a router.
import { RpcTarget } from 'cloudflare:workers'
import { newWebSocketRpcSession, newWorkersRpcResponse } from 'capnweb'
import { createTracer, otlp, type Span } from 'clew'
import { allBindings } from 'clew/bindings'
import { workers } from 'clew/workers'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { AutoRouter, type IRequest } from 'itty-router'

interface Env {
  OTLP_URL: string
  DB: D1Database
  SELF: Fetcher
}

const tracer = createTracer((env: Env) => ({
  service: 'third-party',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: allBindings,
}))

const carts = sqliteTable('carts', { id: integer('id').primaryKey(), name: text('name') })

class Api extends RpcTarget {
  square(n: number): number {
    return n * n
  }
}

type WithSpan = { readonly span: Span<Env> }

// The route is known to the handler that it leads to: itty-router tells it nowhere else.
const router = AutoRouter()
router.get('/items/:id', (request: IRequest, _env: Env, { span }: WithSpan) => {
  span.setAttribute('http.route', '/items/:id')
  return { id: request.params.id }
})
router.get('/drizzle', async (_request: IRequest, _env: Env, { span }: WithSpan) => {
  const db = drizzle(span.env.DB)
  await span.env.DB.exec('create table if not exists carts (id integer primary key, name text)')
  await db.insert(carts).values([{ name: 'a' }, { name: 'b' }])
  const [one, two] = await db.batch([
    db.select().from(carts).where(eq(carts.name, 'a')),
    db.update(carts).set({ name: 'c' }).where(eq(carts.name, 'b')).returning(),
  ])
  await db.delete(carts)
  return [one, two]
})
router.all('/api', (request: IRequest) => newWorkersRpcResponse(request as never, new Api()))
router.get('/capnweb', async (_request: IRequest, _env: Env, { span }: WithSpan) => {
  const { webSocket } = await span.env.SELF.fetch('http://self/api', { headers: { upgrade: 'websocket' } })
  webSocket!.accept()
  const session = newWebSocketRpcSession<Api>(webSocket as never)
  const answer = await session.square(7)
  webSocket!.close()
  return answer
})

export default workers(
  tracer,
  router as never as { fetch(request: Request, env: Env, ctx: WithSpan): Promise<Response> },
)
