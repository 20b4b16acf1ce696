// In: a Hono app's requests. Out: `c.var.span`, a route as the span's name, and, where nobody else has made one, an
// invocation for each request.
// Must stay true: under `workers()` there is one SERVER span, not two; the app's own `http.route`, name and env beat ours.
import type { Context, Handler, MiddlewareHandler, Next } from 'hono'
import { matchedRoutes } from 'hono/route'
import { traceEvent } from './cloudflare/event.ts'
import { fetchEvent } from './cloudflare/fetch-event.ts'
import { recordFailure } from './failure.ts'
import { handle } from './hosts/handle.ts'
import type { Span } from './span.ts'
import type { Tracer } from './tracer.ts'

/** What `clew` puts into the context: `new Hono<{ Bindings: Env; Variables: ClewVariables<Env> }>()`. */
export interface ClewVariables<Env = unknown> {
  readonly span: Span<Env>
}

type Clew<Env> = MiddlewareHandler<{ Bindings: Env & object; Variables: ClewVariables<Env> }>

/** `app.use(clew(tracer))`, before anything else: the request's span is `c.var.span`. */
export function clew<Env = unknown>(tracer: Tracer<Env>): Clew<Env> {
  return async (c, next) => {
    const host = hostOf(c as never)
    // `workers()`, or whoever runs the app, has made the invocation.
    const outer = spanIn<Env>(host, c.env)
    if (outer) return run(c as never, next, outer as Span<never>)
    const env = c.env as Env
    const response = host
      ? await traceEvent(tracer, fetchEvent, [c.req.raw], env, host, undefined, (span) => {
          c.env = span.env as typeof c.env
          return run(c as never, next, span as Span<never>).then(() => c.res)
        })
      : await handle<Env>(tracer, (_, { span }) => run(c as never, next, span as Span<never>).then(() => c.res), {
          env,
          sent: () => sentIn(env),
        })(c.req.raw)
    if (response !== c.res) c.res = response as Response
  }
}

/** The rest of the app, under `span`. */
async function run(c: Context, next: Next, span: Span<never>): Promise<void> {
  c.set('span', span)
  named(c, span)
  await next()
  // What the app's error handler has answered for is still an error.
  if (c.error && c.res.status >= 500) recordFailure(span, c.error)
}

/** A middleware that runs in a span of its own, with what comes after it: `app.use(spanned('auth', auth()))`. */
export function spanned<M extends MiddlewareHandler>(name: string, middleware: M): M {
  const traced: MiddlewareHandler<{ Variables: ClewVariables }> = (c, next) => {
    const outer = c.var.span
    return outer.enterSpan(name, async (span) => {
      c.set('span', span)
      try {
        return await middleware(c as never, next)
      } finally {
        c.set('span', outer)
      }
    })
  }
  return traced as M
}

/** Deno says in place of an env when it has sent the response. */
function sentIn(env: unknown): Promise<unknown> | undefined {
  const { completed } = Object(env) as { readonly completed?: unknown }
  return completed instanceof Promise ? completed : undefined
}

/** The route is what the first handler was registered with; middleware (a second parameter) is not what is asked for. */
function named(c: Context, span: Span<never>): void {
  const route = matchedRoutes(c).find(({ handler }) => composedOf(handler).length < 2)?.path
  if (route) span.setAttribute('http.route', route).updateName(`${c.req.method} ${route}`)
}

/** What a sub-app with an error handler of its own wraps, as Hono marks it. */
function composedOf(handler: Handler): Handler {
  const inner = (handler as { __COMPOSED_HANDLER?: Handler }).__COMPOSED_HANDLER
  return inner ? composedOf(inner) : handler
}

/**
 * The span of who runs the app: in the execution context, in what a host hands over in place of `env`, or in Lambda's or
 * Netlify's context, which Hono's adapters put there.
 */
function spanIn<Env>(host: object | undefined, env: object | undefined): Span<Env> | undefined {
  const { lambdaContext, context } = (env ?? {}) as { readonly lambdaContext?: unknown; readonly context?: unknown }
  for (const each of [host, env, lambdaContext, context]) {
    const { span } = Object(each) as { readonly span?: Span<Env> }
    if (typeof span?.enterSpan === 'function') return span
  }
  return undefined
}

/** Hono throws where there is none. */
function hostOf(c: Context): Context['executionCtx'] | undefined {
  try {
    return c.executionCtx
  } catch {
    return undefined
  }
}
