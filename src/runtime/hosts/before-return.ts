// In: a call that a host ends with its result. Out: the same result, once the spans have left.
// Must stay true: the export takes no more than its time; result and error are the handler's own.
import type { InvocationStart } from '../invocation-start.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { environment } from './process.ts'
import { settled, settledWithin } from './wait.ts'

/** Milliseconds that an export may hold up a result. */
const EXPORT_MS = 1000

export async function beforeReturn<Env, R>(
  tracer: Tracer<Env>,
  start: Omit<InvocationStart<Env>, 'env' | 'keepAlive' | 'budgetMs'>,
  handler: (span: Span<Env>) => R,
): Promise<Awaited<R>> {
  const kept: Promise<unknown>[] = []
  const host = {
    env: environment() as Env,
    keepAlive: (promise: Promise<unknown>) => void kept.push(promise),
    budgetMs: () => EXPORT_MS,
  }
  try {
    return await tracer.invoke({ ...start, ...host }, async (span) => await handler(span))
  } finally {
    await settledWithin(EXPORT_MS, settled(kept))
  }
}
