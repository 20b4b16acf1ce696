// In: the env of a Worker and the span it is used under. Out: an env whose known bindings are traced under that span.
// Must stay true: bindings are recognised by the class of the host's object, never by their name or their methods;
// whatever is not known is handed out as the host's own object.
import type { RecordingSpan, Span } from '../span.ts'
import { tracedDatabase } from './d1.ts'
import { tracedService } from './service.ts'

/** Makes the stand-in of one binding. */
export type TraceBinding = (binding: never, name: string, span: RecordingSpan<unknown>) => object

/** By the class name that the runtime gives its bindings. */
const KINDS: { readonly [className: string]: TraceBinding | undefined } = {
  Fetcher: tracedService,
  D1Database: tracedDatabase,
}

/** The env as `span` shall see it. Stand-ins are made when a binding is first asked for. */
export function bindEnv<Env>(env: Env, span: Span<Env>): Env {
  if (typeof env !== 'object' || env === null) return env
  const made = new Map<PropertyKey, unknown>()
  return new Proxy(env, {
    get(target, key) {
      if (made.has(key)) return made.get(key)
      const value: unknown = Reflect.get(target, key, target)
      const trace = typeof value === 'object' && value && typeof key === 'string' ? KINDS[classOf(value)] : undefined
      if (!trace) return value
      const standIn = trace(value as never, key as string, span as unknown as RecordingSpan<unknown>)
      made.set(key, standIn)
      return standIn
    },
  })
}

function classOf(value: object): string {
  return (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name ?? ''
}
