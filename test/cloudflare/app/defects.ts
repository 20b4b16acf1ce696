// What other tracers got wrong, one path each.
// biome-ignore assist/source/organizeImports: before anything of clew's is evaluated
import { written } from './defects-console.ts'
import { createTracer, otlp } from 'clew'
import { allBindings, kv, off } from 'clew/bindings'
import { emailEvents, queueEventsWithin, tailEvents, workers } from 'clew/workers'

interface Env {
  OTLP_URL: string
  KV: KVNamespace
  JOBS: Queue<{ wait: number }>
  SELF: Fetcher
  JSON: { nested: { a: number } }
}

const tracer = createTracer((env: Env) => ({
  service: 'defects',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: [...allBindings, off(kv)],
}))

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export default workers(
  tracer,
  {
    async fetch(request: Request, env: Env, { span, ...ctx }) {
      const { pathname, searchParams } = new URL(request.url)
      switch (pathname) {
        case '/wait':
          await span.enterSpan('waiting', () => wait(Number(searchParams.get('ms'))))
          span.setAttribute('waited', searchParams.get('ms')!)
          return new Response(null, { status: Number(searchParams.get('status') ?? 200) })
        case '/background':
          span.waitUntil(wait(50).then(() => span.enterSpan('background', () => wait(5))))
          return new Response('done')
        case '/links': {
          const context = span.spanContext()
          span.startSpan('linked', { links: [{ context }] }).end()
          return new Response('linked')
        }
        case '/headers':
          return Response.json(Object.fromEntries(request.headers))
        case '/calls':
          return env.SELF.fetch('http://self/headers')
        case '/jobs':
          await Promise.all([50, 10].map((ms) => env.JOBS.send({ wait: ms })))
          return new Response('sent')
        case '/written':
          return Response.json(written)
        case '/send-fails': {
          const unsendable = { wait: 1n as never }
          const sends = [env.JOBS.send(unsendable), env.JOBS.sendBatch([{ body: unsendable }])]
          return Response.json((await Promise.allSettled(sends)).map(({ status }) => status))
        }
        case '/traces':
          for (const n of [1, 2, 3])
            span.continueTrace({ traceparent: `00-${String(n).repeat(32)}-b7ad6b7169203331-01` }, `trace ${n}`, () => n)
          return new Response('three')
        case '/metrics':
          return Response.json(await env.JOBS.metrics())
        case '/untouched':
          return Response.json([
            env.KV === span.env.KV,
            env.JSON === (span.env as Env).JSON,
            Object.keys(env).sort(),
            'KV' in env,
            env.KV.constructor.name,
            Object.getPrototypeOf(env.KV) === Object.getPrototypeOf(span.env.KV),
            Object.keys(ctx),
          ])
        default:
          return new Response('no I/O at all')
      }
    },
    async queue(batch: MessageBatch<{ wait: number }>) {
      await wait(batch.messages[0]!.body.wait)
      for (const message of batch.messages) message.ack()
    },
    email() {},
    tail() {},
  },
  [queueEventsWithin(300), emailEvents, tailEvents],
)
