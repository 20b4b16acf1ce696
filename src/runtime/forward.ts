// In: an object and what to do differently on it. Out: a stand-in that is otherwise the object itself.
// Must stay true: methods run on the object, not on the stand-in (host objects and private fields refuse a Proxy as
// `this`), and a method that returns the object returns the stand-in.

/** Returns a replacement for the property `key`, or `undefined` to leave it alone. */
export type Override<T extends object> = (key: PropertyKey, standIn: T) => unknown

/** A call as the host would have run it (or with other arguments), and its arguments. */
export type Around = (call: (instead?: readonly unknown[]) => unknown, args: readonly unknown[]) => unknown

/** Under this key a stand-in answers with what it stands for: a map of all of them would cost every request its collection. */
const HOST = Symbol()

export function forward<T extends object>(target: T, override: Override<T>): T {
  const standIn: T = new Proxy(target, {
    get(_, key) {
      if (key === HOST) return target
      if (isFixed(target, key)) return Reflect.get(target, key, target)
      const replaced = override(key, standIn)
      if (replaced !== undefined) return replaced
      return around(target, key, standIn, (call) => call())
    },
    set(_, key, value) {
      return Reflect.set(target, key, value, target)
    },
  })
  return standIn
}

/** The property `key` of `target`: a method called on the stand-in is run `through` on the target; the rest as it is. */
export function around(target: object, key: PropertyKey, standIn: object, through: Around): unknown {
  const value: unknown = Reflect.get(target, key, target)
  if (typeof value !== 'function') return value
  // A Proxy again, so that what hangs on the function (remote paths, static properties) stays reachable.
  return new Proxy(value as (...args: unknown[]) => unknown, {
    apply(method, self, args) {
      const on = self === standIn ? target : self
      const result = through((instead = args) => Reflect.apply(method, on, instead), args)
      return result === target ? standIn : result
    },
  })
}

/**
 * The host's own object behind a stand-in of ours; anything else comes back as it is. For what must see the host's object:
 * an argument of an RPC call, a comparison.
 */
export function unwrap<T>(value: T): T {
  return (value as { [HOST]?: T } | null | undefined)?.[HOST] ?? value
}

/** A frozen property must be handed out as it is: the language refuses anything else from a Proxy. */
function isFixed(target: object, key: PropertyKey): boolean {
  const own = Object.getOwnPropertyDescriptor(target, key)
  return own !== undefined && !own.configurable && !own.writable
}
