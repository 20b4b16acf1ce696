// In: what a traced function returned. Out: the same to the caller, and its end to the span.
// Must stay true: a promise rejects unhandled exactly when it would have without us; a thenable is asked once for each
// time the caller asks; a generator's span lasts until it is exhausted, returned or failed.
import { forward } from './forward.ts'

/** What hears of the outcome. Both may be called more than once: the first call counts. */
export interface Outcome {
  /** Ended well, with this value. */
  done(value: unknown): void
  failed(error: unknown): void
}

/** Calls `done` or `failed` when `value` has come to its end, and returns what the caller shall have in its place. */
export function follow<R>(value: R, outcome: Outcome): R {
  if (typeof value === 'object' && value !== null) {
    if (isPlainPromise(value)) return observed(value, outcome) as R
    if (endsLater(value)) return stepwise(value, outcome) as R
  }
  outcome.done(value)
  return value
}

// The promise that is returned takes the place of the given one, so that an unhandled rejection stays one, and one only.
function observed<T>(promise: Promise<T>, outcome: Outcome): Promise<T> {
  return promise.then(
    (value) => {
      outcome.done(value)
      return value
    },
    (error: unknown) => {
      outcome.failed(error)
      throw error
    },
  )
}

// Query builders run when they are awaited, subclasses of Promise have methods of their own, generators run step by
// step: none may be replaced by a promise. The stand-in watches what the caller does with them.
function stepwise(value: object, outcome: Outcome): object {
  return forward(value, (key) => {
    const member: unknown = Reflect.get(value, key, value)
    if (typeof member !== 'function') return undefined
    if (key === 'then') return (...args: unknown[]) => Reflect.apply(member, value, callbacks(args, outcome))
    if (key === 'next' || key === 'return' || key === 'throw')
      return (...args: unknown[]) => step(() => Reflect.apply(member, value, args), outcome)
    // Through our own `then`, so that these two see the outcome as well.
    if (key === 'catch') return (failed: unknown) => Promise.resolve(stepwise(value, outcome)).catch(failed as never)
    if (key === 'finally')
      return (settled: unknown) => Promise.resolve(stepwise(value, outcome)).finally(settled as never)
    return undefined
  })
}

function callbacks([fulfilled, rejected]: unknown[], outcome: Outcome): unknown[] {
  return [
    (value: unknown) => {
      outcome.done(value)
      return typeof fulfilled === 'function' ? fulfilled(value) : value
    },
    (error: unknown) => {
      outcome.failed(error)
      if (typeof rejected === 'function') return rejected(error)
      throw error
    },
  ]
}

function step(advance: () => unknown, outcome: Outcome): unknown {
  const passed = <T>(result: T): T => {
    const { done, value } = result as IteratorResult<unknown>
    if (done) outcome.done(value)
    return result
  }
  const failed = (error: unknown): never => {
    outcome.failed(error)
    throw error
  }
  try {
    const result = advance()
    return result instanceof Promise ? result.then(passed, failed) : passed(result)
  } catch (error) {
    return failed(error)
  }
}

function isPlainPromise(value: object): value is Promise<unknown> {
  return value instanceof Promise && value.constructor === Promise
}

/**
 * A thenable, or a generator. Other iterables are left alone: a stream is one too, but it is the host's and must stay
 * itself. An object that does not like to be asked is neither.
 */
function endsLater(value: object): boolean {
  try {
    return (
      typeof (value as { then?: unknown }).then === 'function' ||
      /Generator\]$/.test(Object.prototype.toString.call(value))
    )
  } catch {
    return false
  }
}
