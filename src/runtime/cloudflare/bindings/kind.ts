// In: an object of the host's, and the span it is used under. Out: a stand-in whose calls are child spans.
// Must stay true: kinds are recognised by the class of the host's object, never by its methods; the call runs on the
// host's object with the caller's arguments; what a table does not name is the host's own.
import { type Attributes, type AttributeValue, SpanKind } from '../../../flush/model.ts'
import { around, forward, unwrap } from '../../forward.ts'
import type { RecordingSpan } from '../../recording-span.ts'
import { handedOver } from './carried.ts'

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

/**
 * How a member of a binding is recorded. Every part may be absent; a text alone is `asks`.
 *
 * In `asks` and `tells` a name is that of an attribute, `cloudflare.<type>.` left out and in the app's spelling:
 * `request.partNumber` is `cloudflare.r2.request.part_number`. See `told`.
 */
export interface Method {
  /** Name of the span, from what was said. Default: the summary of a query, else the method and the binding, `get CARTS`. */
  name?(said: Attributes): string
  readonly kind?: SpanKind
  /** What the arguments are told as: names in the order of the parameters, with a space between. */
  readonly asks?: string
  /** What else the arguments say. */
  request?(...args: never[]): Attributes
  /** What the result is told as. Results are not asked after an error. */
  readonly tells?: string
  /** What else the result says. */
  response?(value: never): Attributes
  /** Where in an argument a payload is that may carry a context: the members that lead to it, see `handedOver`. */
  readonly carries?: readonly string[]
  /**
   * No span of its own: what is called or read is an object of the host's, whose calls are recorded by this table, and
   * say what this one said. A function, because tables may refer to each other.
   */
  opens?(): Methods
  /** The same for what the promise of a recorded call brings: an object, a list of them, or a list in `created`. */
  yields?(): Methods
}

/** By the name of the member. */
export type Methods = { readonly [member: string]: Method | string }

/** A binding, and what its attributes begin with. */
interface Recorded extends Place {
  readonly prefix: string
}

/** Under this key a stand-in answers with what was said of its object when it was made. */
const SAID = Symbol()

/** What was said of an argument when it was made, where it is a stand-in of ours. */
export const saidOf = (standIn: object): Attributes => (standIn as { [SAID]?: Attributes })[SAID] ?? {}

/** A stand-in for `target` whose `methods` are spans under `place`, all with the attributes `shared`. */
function tracedMethods(target: object, methods: Methods, place: Recorded, shared: Attributes): object {
  return forward(target, (key, standIn) => {
    if (key === SAID) return shared
    const known = typeof key === 'string' && Object.hasOwn(methods, key) ? methods[key] : undefined
    const method = typeof known === 'string' ? { asks: known } : known
    const member = around(target, key, standIn, (call, args) =>
      method ? recorded(key as string, method, place, shared, args, call) : call(args.map(hostOf)),
    )
    return typeof member === 'object' && member && method?.opens
      ? tracedMethods(member, method.opens(), place, { ...shared, ...method.request?.() })
      : member
  })
}

function recorded(
  operation: string,
  method: Method,
  place: Recorded,
  shared: Attributes,
  args: readonly unknown[],
  call: (args: readonly unknown[]) => unknown,
): unknown {
  const { name, kind = SpanKind.CLIENT, asks = '', request, carries, opens } = method
  const { prefix, span } = place
  const { attempt } = span.config
  const attributes: Record<string, AttributeValue> = { ...shared }
  const called = attempt(() => {
    for (const [at, names] of asks.split(' ').entries()) Object.assign(attributes, told(prefix, names, args[at]))
    Object.assign(attributes, request?.(...(args as never[])))
    return name?.(attributes) ?? attributes['db.query.summary']
  }, undefined) as string | undefined
  const hosts = args.map(hostOf)
  if (opens) return tracedMethods(call(hosts) as object, opens(), place, attributes)
  // Of what is a database in the eyes of the conventions.
  if (shared['db.system.name']) attributes['db.operation.name'] = operation

  return span.enterSpan(
    called || `${operation} ${place.name}`,
    { kind, attributes },
    (child: RecordingSpan<unknown>) => {
      const result = call(carries ? attempt(() => handedOver(hosts, carries, child, span), hosts) : hosts)
      // An object of another Worker's answers with a promise of its own, which is a function.
      return typeof (result as PromiseLike<unknown> | null)?.then === 'function'
        ? (result as PromiseLike<unknown>).then((value) => received(value, child, method, place, attributes))
        : received(result, child, method, place, attributes)
    },
  )
}

/** What the caller gets of a result: its own, or stand-ins of the objects in it. The span hears what it says. */
function received(
  value: unknown,
  span: RecordingSpan<unknown>,
  method: Method,
  place: Recorded,
  attributes: Attributes,
): unknown {
  span.setAttributes(answerOf(value, method, place))
  if (!method.yields) return value
  if (Array.isArray(value)) return value.map((each) => standInOf(each, method, place, attributes))
  const { created } = Object(value) as { readonly created?: readonly object[] }
  return created
    ? { ...(value as object), created: created.map((each) => standInOf(each, method, place, attributes)) }
    : standInOf(value as object, method, place, attributes)
}

function standInOf(host: object, method: Method, place: Recorded, attributes: Attributes): object {
  return host && tracedMethods(host, method.yields!(), place, { ...attributes, ...answerOf(host, method, place) })
}

function answerOf(value: unknown, { tells = '', response }: Method, { prefix, span }: Recorded): Attributes {
  return span.config.attempt(() => ({ ...told(prefix, tells, value), ...response?.(value as never) }), {})
}

/** An argument as the host shall get it: its own objects in place of our stand-ins, one by one or in a list. */
export function hostOf(argument: unknown): unknown {
  return Array.isArray(argument) && argument.some((each) => unwrap(each) !== each)
    ? argument.map(unwrap)
    : unwrap(argument)
}

/** A kind that is nothing but a table. */
export function bindingKind(
  type: string,
  classNames: readonly string[],
  methods: Methods,
  shared?: (name: string) => Attributes,
): BindingKind {
  return {
    classNames,
    trace: (binding, place) =>
      place.span.isRecorded()
        ? tracedMethods(
            binding,
            methods,
            { ...place, prefix: `cloudflare.${type.toLowerCase()}.` },
            placed(type, place, shared?.(place.name)),
          )
        : binding,
  }
}

/** What all spans of a binding say. */
export function placed(type: string, { name }: Place, shared?: Attributes): Attributes {
  return { 'cloudflare.binding.type': type, 'cloudflare.binding.name': name, ...shared }
}

/**
 * Attributes under `prefix`, by `names` with commas between. Of an object the members of these names; anything else is
 * the first of them. `name#` is the size of it, `name*` one key or a list of keys, and their count.
 */
export function told(prefix: string, names: string, value: unknown): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {}
  if (!names || value === undefined || value === null) return attributes
  const members = value as Record<string, AttributeValue>
  for (const name of names.split(',')) {
    const key = prefix + name.replace(/[#*]/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (name.endsWith('#')) attributes[key] = sizeOf(value)
    else if (name.endsWith('*')) {
      const keys =
        typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : ([value].flat() as string[])
      attributes[key] = keys
      attributes[`${key}.count`] = keys.length
    } else if (typeof value !== 'object' || Array.isArray(value)) {
      attributes[key] = members as AttributeValue
      return attributes
    } else attributes[key] = members[name.slice(name.lastIndexOf('.') + 1)] ?? undefined
  }
  return attributes
}

/** Bytes, or code units of a text; `undefined` where only reading would tell: a stream is not touched. */
function sizeOf(payload: unknown): number | undefined {
  if (typeof payload === 'string') return payload.length
  // An object of the app's may have a `size` of its own.
  return payload instanceof Blob ? payload.size : (payload as { readonly byteLength?: number }).byteLength
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
