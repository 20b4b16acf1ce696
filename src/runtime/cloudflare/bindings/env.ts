// In: the env of a Worker and the span it is used under. Out: an env whose known bindings are traced under that span.
// Must stay true: bindings are recognised by the class of the host's object, never by their methods; whatever is not
// known is handed out as the host's own object.
import { forward, unwrap } from '../../forward.ts'
import type { RecordingSpan } from '../../recording-span.ts'
import type { Span } from '../../span.ts'
import { durableObjectFetch } from './durable-object.ts'
import type { BindingKind } from './kind.ts'
import { serviceFetch } from './service.ts'

/** Always there: the trace must travel. */
const DEFAULT: readonly BindingKind[] = [serviceFetch, durableObjectFetch]

/** The env as `span` shall see it. Stand-ins are made when a binding is first asked for. */
export function bindEnv<Env>(env: Env, span: Span<Env>): Env {
  if (typeof env !== 'object' || env === null) return env
  const made = new Map<PropertyKey, unknown>()
  return forward(env, (key) => {
    if (!made.has(key)) made.set(key, bindObject(Reflect.get(env, key), String(key), span))
    return made.get(key)
  })
}

/**
 * An object of the host's that is in no `env`, traced under `span`: `under(span, caches.default)`,
 * `under(span, this.ctx.storage)`. What no kind of the tracer knows comes back as it is.
 */
export function under<T, Env>(span: Span<Env>, object: T, name = ''): T {
  return bindObject(object, name, span)
}

/** `binding` as `span` shall see it: the host's own where no kind knows it. */
export function bindObject<T, Env>(given: T, name: string, span: Span<Env>): T {
  // Traced once, whoever had it in hand before.
  const binding = unwrap(given)
  if (typeof binding !== 'object' || !binding) return binding
  const place = { span: span as unknown as RecordingSpan<unknown>, name }
  const prototype = Object.getPrototypeOf(binding) as { constructor?: { name?: string } } | null
  const className = prototype?.constructor?.name
  const kind = [...DEFAULT, ...(place.span.config.bindings ?? [])].findLast(({ classNames, bindingNames }) =>
    bindingNames ? bindingNames.includes(name) : classNames.includes(className as string),
  )
  return kind ? (kind.trace(binding, place) as T) : binding
}
