// In: a stub of another Worker or of a Durable Object. Out: the same, whose `fetch` is a CLIENT span that carries the
// trace, and, where asked for, whose RPC calls are CLIENT spans.
// Must stay true: a remote property stays what the runtime made of it: callable, awaitable, a path to more; the promise
// of a call is the runtime's own, so that pipelining and disposal work.
import type { Attributes } from '../../flush/model.ts'
import type { HostFetch } from '../fetch.ts'
import { forward } from '../forward.ts'
import { type Place, spanOf } from './kind.ts'

/** Makes the stand-in of a remote property. */
export type TraceProperty = (property: object, path: string, place: Place, attributes: Attributes) => unknown

export function tracedStub(stub: object, place: Place, attributes: Attributes, property?: TraceProperty): object {
  const call: HostFetch = (input, init) => (stub as { fetch: HostFetch }).fetch(input, init)
  return forward(stub, (key) => {
    if (key === 'fetch')
      return (input: string | URL | Request, init?: RequestInit) =>
        place.span.fetchThrough(call, input, init, { attributes })
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
    apply: (target, _, args) =>
      spanOf(
        path,
        { name: () => `${place.name}/${path}` },
        place,
        { ...attributes, 'rpc.system.name': 'jsrpc', 'rpc.method': path },
        args,
        () => Reflect.apply(target, undefined, args),
      ),
  })
