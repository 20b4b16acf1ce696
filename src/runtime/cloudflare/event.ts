// In: an event as Cloudflare delivers it, its env and its context. Out: an invocation with a root span that says so.
// Must stay true: the handler gets the runtime's own arguments unless a kind says otherwise; the runtime's promise is
// given before the first line of the handler runs.
import { type Attributes, SpanKind } from '../../flush/model.ts'
import { forward } from '../forward.ts'
import type { InvocationStart, Lifetime } from '../invocation-start.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { bindEnv } from './bindings/env.ts'

/** What an event says of itself. */
export type Described = Pick<
  InvocationStart<unknown>,
  'name' | 'carrier' | 'parent' | 'ids' | 'startTime' | 'budgetMs'
> & {
  readonly attributes: Attributes | (() => Attributes)
}

/** What a kind of event has of its own. `A` is what the runtime passes to the handler before `env` and `ctx`. */
export interface EventKind<A extends readonly unknown[] = readonly unknown[]> {
  /** The handler's name, and `cloudflare.handler_type`. */
  readonly type: string
  /** `faas.trigger` (semantic conventions 1.44, FaaS). */
  readonly trigger: string
  readonly kind: SpanKind
  /** Name of the root span, and what the event says of itself. */
  describe(...args: A): Described
  /** What the handler gets in place of the arguments. Default: the arguments. */
  enter?(span: RecordingSpan<unknown>, lifetime: Lifetime, ...args: A): A
  /** What the runtime gets in place of the result. Default: the result. */
  leave?(result: never, span: RecordingSpan<unknown>, lifetime: Lifetime, ...args: A): unknown
}

/** What of the runtime's contexts is needed: a Worker's, a Durable Object's or a Workflow's. */
export interface Context {
  waitUntil(promise: Promise<unknown>): void
}

/**
 * After the response or the client's leave, work under `waitUntil` has 30 s in all
 * (developers.cloudflare.com/workers/platform/limits, "Duration").
 */
const GRACE_MS = 30_000

/** What every Worker says of itself; Cloudflare's own tracing uses the same two. */
const RESOURCE = { 'cloud.provider': 'cloudflare', 'cloud.platform': 'cloudflare.workers' } as const

/** The tracers whose isolate has had its first event. */
const warm = new WeakSet<object>()

/** What all events of Cloudflare begin with. `attributes`: more, beside what every Worker says of an event. */
export function startOf<Env>(
  tracer: Tracer<Env>,
  type: string,
  trigger: string,
  env: Env,
  ctx: Context,
  kind: SpanKind = SpanKind.SERVER,
  attributes?: () => Attributes,
  describe?: InvocationStart<Env>['describe'],
): InvocationStart<Env> {
  const isCold = !warm.has(tracer)
  warm.add(tracer)
  // The id of the deployed version, where the Worker has the version metadata binding under its usual name.
  const version = (env as { CF_VERSION_METADATA?: { id?: unknown } } | undefined)?.CF_VERSION_METADATA?.id
  return {
    name: type,
    kind,
    describe,
    attributes() {
      return {
        'faas.trigger': trigger,
        'cloudflare.handler_type': type,
        ...(isCold && { 'faas.coldstart': true }),
        ...(typeof version === 'string' && { 'cloudflare.script_version.id': version }),
        ...attributes?.(),
      }
    },
    env,
    keepAlive(promise) {
      ctx.waitUntil(promise)
    },
    graceMs: GRACE_MS,
    answersFirst: true,
    // Of a Worker's context, not of an object's or a Workflow's, which live on.
    endsCalls: 'passThroughOnException' in ctx,
    resource: RESOURCE,
    bind: bindEnv,
  }
}

/** Runs `handle` as the handler of one event. */
export function traceEvent<Env>(
  tracer: Tracer<Env>,
  event: EventKind,
  args: readonly unknown[],
  env: Env,
  ctx: Context,
  more: Attributes | undefined,
  handle: (span: Span<Env>, ...args: readonly unknown[]) => unknown,
): unknown {
  const { type, trigger, kind } = event
  let own: Described['attributes'] | undefined
  const start = startOf(
    tracer,
    type,
    trigger,
    env,
    ctx,
    kind,
    () => ({ ...(typeof own === 'function' ? own() : own), ...more }),
    () => {
      const described = event.describe(...args)
      own = described.attributes
      // Not a copy: objects made by spreading cost a Worker some microseconds a request.
      Object.assign(start, described, { attributes: start.attributes })
    },
  )
  return tracer.invoke<unknown>(start, (span, lifetime) => {
    const recording = span as unknown as RecordingSpan<unknown>
    const { attempt } = recording.config
    const result = handle(span, ...attempt(() => event.enter?.(recording, lifetime, ...args) ?? args, args))
    if (!event.leave) return result
    return result instanceof Promise
      ? result.then((value) => left(event, value, recording, lifetime, args))
      : left(event, result, recording, lifetime, args)
  })
}

/** What the runtime gets in place of `result`. */
function left(
  event: EventKind,
  result: unknown,
  span: RecordingSpan<unknown>,
  lifetime: Lifetime,
  args: readonly unknown[],
): unknown {
  return span.config.attempt(() => event.leave!(result as never, span, lifetime, ...args), result)
}

/** The runtime's context, with the span in it, and with a `waitUntil` that the invocation waits for. */
export function contextWith<C extends object, Env>(ctx: C, span: Span<Env>): C & { readonly span: Span<Env> } {
  return forward(ctx, (key) => {
    if (key === 'span') return span
    if (key === 'waitUntil') return (promise: Promise<unknown>) => span.waitUntil(promise)
    return undefined
  }) as C & { readonly span: Span<Env> }
}
