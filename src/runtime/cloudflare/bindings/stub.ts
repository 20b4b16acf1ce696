// In: a stub of another Worker or of a Durable Object. Out: the same, whose `fetch` is a CLIENT span that carries the
// trace, and, where asked for, whose RPC calls are CLIENT spans.
// Must stay true: a remote property stays what the runtime made of it: callable, awaitable, a path to more; the promise
// of a call is the runtime's own, so that pipelining and disposal work.
import { type Attributes, SpanKind } from '../../../flush/model.ts'
import type { HostFetch } from '../../fetch.ts'
import { around, forward } from '../../forward.ts'
import { handedOver } from './carried.ts'
import { hostOf, type Place, placed } from './kind.ts'

/** Makes the stand-in of a remote property. */
export type TraceProperty = (property: object, path: string, place: Place, attributes: Attributes) => unknown

export function tracedStub(stub: object, place: Place, attributes: Attributes, property?: TraceProperty): object {
  return forward(stub, (key) => {
    if (key === 'fetch')
      return (input: string | URL | Request, init?: RequestInit) =>
        place.span.fetchThrough(
          // Of an object that is itself still on its way the runtime answers with a promise of its own kind.
          (input, init) => Promise.resolve((stub as { fetch: HostFetch }).fetch(input, init)),
          input,
          init,
          { attributes },
        )
    // `connect` and symbols are the stub's own methods; any other name is a property of the other side.
    if (typeof key === 'symbol' || key === 'connect') return undefined
    const value: unknown = Reflect.get(stub, key)
    return property && typeof value === 'function' ? property(value, String(key), place, attributes) : value
  })
}

/** A remote property whose calls are spans. */
export const tracedProperty: TraceProperty = (property, path, place, attributes) =>
  new Proxy(property as (...args: unknown[]) => unknown, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      // To await the property is to read it: the host's own affair, on its own object.
      if (typeof key === 'symbol' || key === 'then' || key === 'catch' || key === 'finally') return value.bind(target)
      return tracedProperty(value, `${path}.${key}`, place, attributes)
    },
    apply(target, _, args) {
      const { span, name } = place
      const child = span.startSpan(`${name}/${path}`, {
        kind: SpanKind.CLIENT,
        attributes: { ...attributes, 'rpc.system.name': 'jsrpc', 'rpc.method': path },
      })
      const hosts = args.map(hostOf)
      try {
        const result: unknown = Reflect.apply(
          target,
          undefined,
          span.config.attempt(() => handedOver(hosts, [], child, span), hosts),
        )
        // Watched, not replaced: it is a path to more, and must be disposed of by its owner.
        ;(result as PromiseLike<unknown>).then(
          () => child.end(),
          (error) => child.failed(error),
        )
        return result
      } catch (error) {
        child.failed(error)
        throw error
      }
    },
  })

/** A namespace whose stubs are traced. `describe`: what its spans say of a stub. */
export function tracedNamespace(
  namespace: object,
  place: Place,
  type: string,
  describe: (stub: object, args: readonly unknown[]) => Attributes,
  property?: TraceProperty,
): object {
  return forward(namespace, (key, standIn) => {
    const isWhole = key === 'jurisdiction'
    if (!isWhole && key !== 'get' && key !== 'getByName') return undefined
    return around(namespace, key, standIn, (call, args) => {
      const found = call() as object
      return isWhole
        ? tracedNamespace(found, place, type, describe, property)
        : tracedStub(found, place, placed(type, place, describe(found, args)), property)
    })
  })
}
