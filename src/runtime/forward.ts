// In: an object and what to do differently on it. Out: a stand-in that is otherwise the object itself.
// Must stay true: methods run on the object, not on the stand-in (host objects and private fields refuse a Proxy as
// `this`), and a method that returns the object returns the stand-in.

/** Returns a replacement for the property `key`, or `undefined` to leave it alone. */
export type Override<T extends object> = (key: PropertyKey, target: T) => unknown

export function forward<T extends object>(target: T, override: Override<T>): T {
  const standIn: T = new Proxy(target, {
    get(_, key) {
      const replaced = override(key, target)
      if (replaced !== undefined && !isFixed(target, key)) return replaced
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' && !isFixed(target, key) ? method(value) : value
    },
    set: (_, key, value) => Reflect.set(target, key, value, target),
  })

  // A Proxy again, so that what hangs on the function (remote paths, static properties) stays reachable.
  function method(value: object): unknown {
    return new Proxy(value as (...args: unknown[]) => unknown, {
      apply(call, self, args) {
        const result = Reflect.apply(call, self === standIn ? target : self, args)
        return result === target ? standIn : result
      },
    })
  }

  return standIn
}

/** A frozen property must be handed out as it is: the language refuses anything else from a Proxy. */
function isFixed(target: object, key: PropertyKey): boolean {
  const own = Object.getOwnPropertyDescriptor(target, key)
  return own !== undefined && !own.configurable && !own.writable
}
