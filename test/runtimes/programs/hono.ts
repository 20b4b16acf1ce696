// In: a runtime. Out: a Hono app on it, served as Hono's own documentation says for each, with clew as a middleware.
import { serve } from '@hono/node-server'
import { createTracer, otlp } from 'clew'
import { type ClewVariables, clew, spanned } from 'clew/hono'
import { Hono } from 'hono'

declare const COLLECTOR_URL: string

const app = new Hono<{ Variables: ClewVariables }>()
app.use(clew(createTracer({ service: 'hono', exporter: otlp({ url: COLLECTOR_URL }) })))
app.use(
  '/users/*',
  spanned('auth', async (_c, next) => next()),
)
app.get('/users/:id', (c) => c.var.span.enterSpan('load', async () => c.json({ id: c.req.param('id') })))
app.get('/broken', () => {
  throw new TypeError('broken on purpose')
})
app.get('/stream', () => {
  let n = 0
  return new Response(
    new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        controller.enqueue(new TextEncoder().encode(`${n}`))
        if (++n === 3) controller.close()
      },
    }),
  )
})
app.onError((_error, c) => c.text('sorry', 500))

interface Runtimes {
  readonly Deno?: {
    serve(options: { port: number; hostname: string; onListen(address: { port: number }): void }, fetch: unknown): void
  }
  readonly Bun?: { serve(options: { port: number; hostname: string; fetch: unknown }): { readonly port: number } }
}
const { Deno, Bun } = globalThis as Runtimes
const listening = (port: number): void => console.log(`port ${port}`)

if (Deno) Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => listening(port) }, app.fetch)
else if (Bun) listening(Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: app.fetch }).port)
else serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => listening(port))
