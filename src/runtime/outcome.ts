// In: what a traced function returned. Out: the same to the caller, and its end to the span.
// Must stay true: a promise rejects unhandled exactly when it would have without us; a thenable is asked once for each
// time the caller asks; a generator's span lasts until it is exhausted, returned or failed.
import { forward } from './forward.ts'
import type { RecordingSpan } from './recording-span.ts'

/** What hears of the outcome. Both may be called more than once: the first call counts. */
export interface Outcome {
  /** Ended well, with this value. */
  done(value: unknown): void
  failed(error: unknown): void
}

/** Calls, with `span` as the ambient one where there is such a thing; `outcome` hears how it ends. */
export function runs<Env, R>(span: RecordingSpan<Env>, call: () => R, outcome: Outcome): R {
  const { ambient } = span.config
  let result: R
  try {
    result = ambient ? ambient.run(span, call) : call()
  } catch (error) {
    outcome.failed(error)
    throw error
  }
  return follow(result, outcome)
}

/** Calls `done` or `failed` when `value` has come to its end, and returns what the caller shall have in its place. */
export function follow<R>(value: R, outcome: Outcome): R {
  if (typeof value === 'object' && value !== null) {
    // The promise that is returned takes the place of the given one, so that an unhandled rejection stays one, and one only.
    if (value instanceof Promise && value.constructor === Promise) return value.then(...telling(outcome)) as R
    if (endsLater(value)) return stepwise(value, outcome)
  }
  outcome.done(value)
  return value
}

type Callback = ((given: unknown) => unknown) | null | undefined

/** Callbacks that tell `outcome` first, and then do what the caller's would. */
function telling(outcome: Outcome, fulfilled?: Callback, rejected?: Callback) {
  return [
    <T>(value: T): T => {
      outcome.done(value)
      return typeof fulfilled === 'function' ? (fulfilled(value) as T) : value
    },
    (error: unknown): unknown => {
      outcome.failed(error)
      if (typeof rejected === 'function') return rejected(error)
      throw error
    },
  ] as const
}

// Query builders run when they are awaited, subclasses of Promise have methods of their own, generators run step by
// step: none may be replaced by a promise. The stand-in watches what the caller does with them.
function stepwise<T extends object>(value: T, outcome: Outcome): T {
  return forward(value, (key, standIn) => {
    const member: unknown = Reflect.get(value, key, value)
    if (typeof member !== 'function') return undefined
    const call = (...args: unknown[]): unknown => Reflect.apply(member, value, args)
    const then = (fulfilled?: Callback, rejected?: Callback): unknown => call(...telling(outcome, fulfilled, rejected))
    if (key === 'then') return then
    // Through our own `then`, so that these two see the outcome as well.
    if (key === 'catch')
      return (rejected: Callback) => (standIn as unknown as PromiseLike<unknown>).then(null, rejected)
    if (key === 'finally') return (settled: () => void) => Promise.resolve(standIn).finally(settled)
    if (key !== 'next' && key !== 'return' && key !== 'throw') return undefined
    return (...args: unknown[]) => step(() => call(...args), outcome)
  })
}

function step(advance: () => unknown, outcome: Outcome): unknown {
  const [passed, failed] = telling({
    done(result) {
      const { done, value } = result as IteratorResult<unknown>
      if (done) outcome.done(value)
    },
    failed: (error) => outcome.failed(error),
  })
  try {
    const result = advance()
    return result instanceof Promise ? result.then(passed, failed) : passed(result)
  } catch (error) {
    return failed(error)
  }
}

/**
 * A thenable, or a generator. Other iterables are left alone: a stream is one too, but it is the host's and must stay
 * itself. An object that does not like to be asked is neither.
 */
function endsLater(value: object): boolean {
  try {
    const { then } = value as { then?: unknown }
    if (typeof then === 'function') return true
    const { next } = value as { next?: unknown }
    return typeof next === 'function' && /Generator\]$/.test(Object.prototype.toString.call(value))
  } catch {
    return false
  }
}
