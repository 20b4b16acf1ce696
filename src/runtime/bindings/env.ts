// In: the env of a Worker and the span it is used under. Out: an env whose known bindings are traced under that span.
// Must stay true: bindings are recognised by the class of the host's object, never by their methods; whatever is not
// known is handed out as the host's own object.
import { forward } from '../forward.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { Span } from '../span.ts'
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

/** `binding` as `span` shall see it: the host's own where no kind knows it. */
export function bindObject<T, Env>(binding: T, name: string, span: Span<Env>): T {
  if (typeof binding !== 'object' || !binding) return binding
  const place = { span: span as unknown as RecordingSpan<unknown>, name }
  const prototype = Object.getPrototypeOf(binding) as { constructor?: { name?: string } } | null
  const className = prototype?.constructor?.name
  const kind = [...DEFAULT, ...place.span.config.bindings].findLast(
    ({ classNames, bindingNames }) =>
      classNames.includes(className as string) && (!bindingNames || bindingNames.includes(name)),
  )
  return kind ? (kind.trace(binding, place) as T) : binding
}
