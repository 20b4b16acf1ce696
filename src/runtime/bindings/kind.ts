// In: an object of the host's, and the span it is used under. Out: a stand-in whose calls are child spans.
// Must stay true: kinds are recognised by the class of the host's object, never by its methods; the call runs on the
// host's object with the caller's arguments; what a table does not name is the host's own.
import { type Attributes, SpanKind } from '../../flush/model.ts'
import { around, forward } from '../forward.ts'
import { follow } from '../outcome.ts'
import type { RecordingSpan } from '../recording-span.ts'

/** Where a binding is used. */
export interface Place {
  readonly span: RecordingSpan<unknown>
  /** What the binding is called in `env`. */
  readonly name: string
}

/** One kind of binding, and how it is traced: a value of `TracerOptions.bindings`. */
export interface BindingKind {
  /** The classes that the runtime gives such bindings. */
  readonly classNames: readonly string[]
  /** The bindings of these names in `env` instead. */
  readonly bindingNames?: readonly string[]
  /** The stand-in for `binding`; `binding` itself to leave it alone. */
  trace(binding: object, place: Place): object
}

/** How a member of a binding is recorded. Every part may be absent. */
export interface Method {
  /** Name of the span. Default: the method and the binding, `get CARTS`. */
  name?(...args: never[]): string
  readonly kind?: SpanKind
  /** The arguments as the host shall get them: its own objects in place of ours. */
  pass?(...args: never[]): readonly unknown[]
  /** What the arguments say. */
  request?(...args: never[]): Attributes
  /** What the result says; not asked after an error. */
  response?(value: never): Attributes
  /** No span of its own: what is called or read is an object of the host's that is traced in its turn. */
  readonly opens?: Open
  /** The same for what the promise of a traced call brings. */
  readonly yields?: Open
}

/** Makes the stand-in of an object that a binding hands out. */
export type Open = (host: never, place: Place, shared: Attributes, args: readonly unknown[]) => unknown

/** By the name of the member. */
export type Methods = { readonly [member: string]: Method }

/** A stand-in for `target` whose `methods` are spans under `place`, all with the attributes `shared`. */
export function tracedMethods<T extends object>(target: T, methods: Methods, place: Place, shared: Attributes): T {
  return forward(target, (key, standIn) => {
    const method = typeof key === 'string' && Object.hasOwn(methods, key) ? methods[key] : undefined
    if (!method) return undefined
    const { opens, yields } = method
    const member = around(target, key, standIn, (call, args) => {
      if (opens) return opens(call() as never, place, shared, args)
      const result = spanOf(key as string, method, place, shared, args, () => call(method.pass?.(...(args as never[]))))
      if (!yields) return result
      return (result as Promise<unknown>).then((host) => host && yields(host as never, place, shared, args))
    })
    return opens && typeof member === 'object' && member ? opens(member as never, place, shared, []) : member
  })
}

/** Makes `call` in a span that ends with what it returns. */
export function spanOf(
  operation: string,
  method: Method,
  { span, name }: Place,
  shared: Attributes,
  args: readonly unknown[],
  call: () => unknown,
): unknown {
  const { failed } = span.config
  const given = args as never[]
  const describe = <R>(ask: () => R): R | undefined => {
    try {
      return ask()
    } catch (error) {
      failed(error)
      return undefined
    }
  }
  const child = span.startSpan(describe(() => method.name?.(...given)) || `${operation} ${name}`, {
    kind: method.kind ?? SpanKind.CLIENT,
    attributes: {
      ...shared,
      // Of what is a database in the eyes of the conventions.
      'db.operation.name': shared['db.system.name'] && operation,
      ...describe(() => method.request?.(...given)),
    },
  })
  const outcome = {
    done(value: unknown) {
      const more = child.isRecording() && describe(() => method.response?.(value as never))
      if (more) child.setAttributes(more)
      child.end()
    },
    failed: (error: unknown) => child.failed(error),
  }
  let result: unknown
  try {
    result = call()
  } catch (error) {
    child.failed(error)
    throw error
  }
  if (typeof result !== 'function') return follow(result, outcome)
  // The promise of an RPC call is watched, not replaced: it is a path to more, and must be disposed of by its owner.
  const { then } = result as unknown as PromiseLike<unknown>
  if (typeof then === 'function') Reflect.apply(then, result, [outcome.done, outcome.failed])
  else child.end()
  return result
}

/** A kind that is nothing but a table. */
export function bindingKind(
  type: string,
  classNames: readonly string[],
  shared: Attributes,
  methods: Methods,
): BindingKind {
  return {
    classNames,
    trace: (binding, place) =>
      place.span.isRecorded()
        ? tracedMethods(binding, methods, place, {
            'cloudflare.binding.type': type,
            'cloudflare.binding.name': place.name,
            ...shared,
          })
        : binding,
  }
}

/**
 * `kind`, for the bindings of these names, whatever their class: some runtimes give a service's class to bindings that
 * have one of their own elsewhere.
 */
export function named(kind: BindingKind, ...bindingNames: string[]): BindingKind {
  return { ...kind, bindingNames }
}

/** Leaves alone what `kind` would trace: put it after the kind in the list. */
export function off(kind: BindingKind): BindingKind {
  return { ...kind, trace: (binding) => binding }
}
