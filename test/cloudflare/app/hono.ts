// A Hono app with sub-apps, middleware and error handlers, under `workers()` and alone.
import { createTracer, otlp } from 'clew'
import { kv } from 'clew/bindings'
import { type ClewVariables, clew, spanned } from 'clew/hono'
import { workers } from 'clew/workers'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'

interface Env {
  OTLP_URL: string
  KV: KVNamespace
}
type App = { Bindings: Env; Variables: ClewVariables<Env> }

const tracer = createTracer((env: Env) => ({ service: 'hono', exporter: otlp({ url: env.OTLP_URL }), bindings: [kv] }))

const app = new Hono<App>()
app.use(clew(tracer))
app.get('/', (c) => c.text('home'))
app.get('/users/:id', async (c) => {
  await c.env.KV.get('through env')
  await c.var.span.enterSpan('load user', (span) => span.env.KV.get('through span'))
  return c.json({ id: c.req.param('id') })
})
app.all('/any/*', (c) => c.text('any'))
app.get('/own', (c) => {
  c.var.span.setAttribute('http.route', '/mine').updateName('mine')
  return c.text('own')
})
app.get('/refused', () => {
  throw new HTTPException(403, { message: 'no' })
})
app.get('/broken', () => {
  throw new TypeError('broken on purpose')
})
app.use(
  '/guarded/*',
  spanned('auth', async (c, next) => {
    c.header('x-auth', '1')
    await next()
  }),
)
app.get('/guarded/:room', async (c) => {
  await c.var.span.enterSpan('inside', async () => {})
  c.header('set-cookie', 'a=1', { append: true })
  c.header('set-cookie', 'b=2', { append: true })
  return c.text('room')
})

const books = new Hono<App>().basePath('/v1')
books.get('/books/:isbn', (c) => c.text(c.req.param('isbn')))
books.get('/fails', () => {
  throw new Error('sub-app on purpose')
})
books.onError((error, c) => c.text(error.message, 418))
app.route('/api', books)
app.notFound((c) => c.text('nothing here', 404))
app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text('sorry', 500)))

const traced = workers(tracer, app)

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    return request.headers.has('x-alone') ? app.fetch(request, env, ctx) : traced.fetch(request, env, ctx)
  },
}
