// In: the handlers of a Cloudflare Worker. Out: the same handlers, each event an invocation with a root span.
// Must stay true: handlers run as methods of their object; what is no handler of ours is handed on untouched.
import type {
  ExecutionContext,
  ForwardableEmailMessage,
  MessageBatch,
  ScheduledController,
  TraceItem,
} from '@cloudflare/workers-types'
import { SpanKind } from '../../flush/model.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { contextWith, type EventKind, traceEvent } from './event.ts'
import { fetchEvent } from './fetch-event.ts'

/** The third argument of a traced handler: the runtime's context, and the span of the invocation. */
export type WorkersContext<Env> = ExecutionContext & { readonly span: Span<Env> }

/** The handlers that `workers` knows. Others of the object are handed on untouched. */
export interface WorkersHandler<Env> {
  fetch?(request: Request, env: Env, ctx: WorkersContext<Env>): Response | Promise<Response>
  scheduled?(controller: ScheduledController, env: Env, ctx: WorkersContext<Env>): void | Promise<void>
  queue?(batch: MessageBatch, env: Env, ctx: WorkersContext<Env>): void | Promise<void>
  email?(message: ForwardableEmailMessage, env: Env, ctx: WorkersContext<Env>): void | Promise<void>
  tail?(events: TraceItem[], env: Env, ctx: WorkersContext<Env>): void | Promise<void>
}

/** A handler as the runtime calls it. */
export type TracedWorker<Env, H> = {
  readonly [name in keyof H]: name extends keyof WorkersHandler<Env>
    ? H[name] extends (event: infer E, ...rest: never[]) => infer R
      ? (event: E, env: Env, ctx: ExecutionContext) => R
      : H[name]
    : H[name]
}

const scheduledEvent: EventKind<readonly [ScheduledController]> = {
  type: 'scheduled',
  trigger: 'timer',
  kind: SpanKind.SERVER,
  describe: ({ cron, scheduledTime }) => ({
    name: `scheduled ${cron}`,
    attributes: { 'faas.cron': cron, 'faas.time': new Date(scheduledTime).toISOString() },
  }),
}

/** A handler of no kind that was given: a root span, and nothing more. */
const plainEvent = (type: string): EventKind => ({
  type,
  trigger: 'other',
  kind: SpanKind.SERVER,
  describe: () => ({ name: type, attributes: {} }),
})

/** What every Worker knows, and the bare minimum of what it may be told more of. */
export const HANDLERS: readonly EventKind[] = [
  fetchEvent,
  scheduledEvent,
  ...['queue', 'email', 'tail'].map(plainEvent),
]

/**
 * Traces a Worker: `export default workers(tracer, { async fetch(request, env, { span }) { … } })`.
 *
 * Every handler becomes an invocation. What is particular to one beyond `fetch` and `scheduled` is given as a kind, so
 * that a Worker carries only what it uses: `workers(tracer, { fetch, queue }, [queueEvents])`.
 */
export function workers<Env, H extends WorkersHandler<Env>>(
  tracer: Tracer<Env>,
  handler: H & WorkersHandler<Env>,
  events: readonly EventKind[] = [],
): TracedWorker<Env, H> {
  const handlers = handler as unknown as Record<string, (...args: unknown[]) => unknown>
  const traced: Record<string, unknown> = { ...handlers }
  for (const kind of [...HANDLERS, ...events]) {
    const { type } = kind
    if (typeof handlers[type] !== 'function') continue
    traced[type] = (event: unknown, env: Env, ctx: ExecutionContext) =>
      traceEvent(tracer, kind, [event], env, ctx, undefined, (span, event) =>
        // Looked up at each event: the app may have replaced it since, and it runs as a method.
        handlers[type]!(event, span.env, contextWith(ctx, span)),
      )
  }
  return traced as TracedWorker<Env, H>
}
