// In: a class whose instances the runtime calls. Out: the same class, each call of the runtime's an invocation.
// Must stay true: inside, `this` is the instance itself (private fields, inheritance, calls among its own methods);
// outside, the class is the class (`instanceof`, statics, name). A method's arguments and result are untouched.
import type { Attributes } from '../../flush/model.ts'
import { SpanKind } from '../../flush/model.ts'
import { carrierIn, contextIn } from '../../propagate/carrier.ts'
import { recordGetter } from '../../propagate/getters.ts'
import { around, forward } from '../forward.ts'
import type { Lifetime } from '../invocation-start.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { Span } from '../span.ts'
import { noSpan, type Tracer } from '../tracer.ts'
import { bindObject } from './bindings/env.ts'
import { type Context, type EventKind, traceEvent } from './event.ts'

/** A class as the runtime makes instances of it. */
export type HostClass<Env> = abstract new (ctx: never, env: Env) => object

/** The invocations that run in one instance. */
interface Calls {
  /** The one whose first lines are running: nothing else can run until they have. */
  current: RecordingSpan<unknown> | undefined
  readonly open: Set<RecordingSpan<unknown>>
}

const calls = new WeakMap<object, Calls>()

/**
 * The span of the call that an instance is answering: `const span = spanOf<Env>(this)`, as the first line of a method.
 *
 * An object may answer several calls at once. Before the first `await` there is no doubt which is meant; after it there
 * is, unless there is only one. Then the answer is a span that does nothing, and that is reported.
 */
export function spanOf<Env = unknown>(instance: object): Span<Env> {
  const found = calls.get(instance)
  const span = found && onlySpan(found)
  if (span) return span as unknown as Span<Env>
  const [other] = found?.open ?? []
  other?.config.failed(new Error('several calls are running: take spanOf(this) on the first line, before any await'))
  return noSpan()
}

function onlySpan({ current, open }: Calls): RecordingSpan<unknown> | undefined {
  return current ?? (open.size === 1 ? [...open][0] : undefined)
}

/** Runs `call` so that `spanOf(instance)` is `span`, until what it returns has settled. */
export function withSpan<R>(instance: object, span: RecordingSpan<unknown>, call: () => R): R {
  const own = calls.get(instance) ?? { current: undefined, open: new Set() }
  calls.set(instance, own)
  const ended = (): unknown => own.open.delete(span)
  own.open.add(span)
  own.current = span
  try {
    const result = call()
    if (result instanceof Promise) result.then(ended, ended)
    else ended()
    return result
  } catch (error) {
    ended()
    throw error
  } finally {
    own.current = undefined
  }
}

/** What tells one sort of class from another. */
export interface ClassKind {
  /** `cloudflare.handler_type` and the rest, by the name of the method; other methods are RPC. */
  readonly events: readonly EventKind[]
  /** What the context of an instance says of it. */
  readonly attributes: (ctx: never) => Attributes
}

export function tracedClass<Env, C extends HostClass<Env>>(
  tracer: Tracer<Env>,
  Class: C,
  name: string,
  kind: ClassKind,
): C {
  const traced: C = new Proxy(Class, {
    construct(target, args: [ctx: Context, env: Env], newTarget) {
      // Of a subclass only what the runtime makes is traced: wrap the class that is exported.
      if (newTarget !== traced) return Reflect.construct(target, args, newTarget)
      const instance = Reflect.construct(target, args, target) as object
      return tracedInstance(tracer, instance, args, name, kind)
    },
    // Statics run on the class itself: its private statics know no other.
    get: (target, key) => (key === 'prototype' ? target.prototype : around(target, key, traced, (call) => call())),
  })
  return traced
}

function tracedInstance<Env>(
  tracer: Tracer<Env>,
  instance: object,
  [ctx, env]: [ctx: Context, env: Env],
  name: string,
  kind: ClassKind,
): object {
  const own: Calls = { current: undefined, open: new Set() }
  calls.set(instance, own)
  bindMembers(instance, ctx, env as object, own)
  const more = { 'cloudflare.entrypoint': name, ...kind.attributes(ctx as never) }
  return new Proxy(instance, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key, target)
      if (typeof method !== 'function' || typeof key !== 'string' || key === 'constructor') return method
      const event = kind.events.find(({ type }) => type === key) ?? rpcEvent(name, key)
      return (...args: unknown[]) =>
        traceEvent(tracer, event, args, env, ctx, more, (span, ...given) =>
          withSpan(target, span as unknown as RecordingSpan<unknown>, () => Reflect.apply(method, target, given)),
        )
    },
  })
}

/**
 * `this.env` and `this.ctx` as the running call shall see them; where more than one runs they are the host's own, and
 * `span.env` and `under(span, …)` say which is meant.
 */
function bindMembers(instance: object, ctx: Context, env: object, own: Calls): void {
  const members = instance as { env?: unknown; ctx?: unknown }
  if (members.env === env)
    members.env = forward(env, (key) => {
      const span = onlySpan(own)
      return span && Reflect.get(span.env as object, key)
    })
  if (members.ctx === ctx)
    members.ctx = forward(ctx, (key) => {
      const span = onlySpan(own)
      if (!span) return undefined
      if (key === 'waitUntil') return (promise: Promise<unknown>) => span.waitUntil(promise)
      return key === 'storage' ? bindObject((ctx as Context & { storage?: object }).storage, key, span) : undefined
    })
}

/** A method called over RPC: its parent is in the first argument that carries one. */
function rpcEvent(name: string, method: string): EventKind {
  return {
    type: 'rpc',
    trigger: 'other',
    kind: SpanKind.SERVER,
    describe(...args) {
      const carrier = args.map(carrierIn).find((each) => each)
      return {
        name: `${name}/${method}`,
        ...(carrier && { carrier: recordGetter(carrier) }),
        attributes: {
          'rpc.system.name': 'jsrpc',
          'rpc.method': `${name}/${method}`,
          'cloudflare.jsrpc.method': method,
        },
      }
    },
  }
}

/** A link from the span to what `source` carries. */
export function linkTo(source: () => unknown, span: RecordingSpan<unknown>, { propagator }: Lifetime): void {
  if (!span.isRecording()) return
  try {
    const { spanContext } = contextIn(source(), propagator)
    if (spanContext) span.addLink({ context: spanContext })
  } catch (error) {
    span.config.failed(error)
  }
}
