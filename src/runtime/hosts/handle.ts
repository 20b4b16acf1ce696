// In: a function from Request to Response, and what its host offers. Out: the same function, each call an invocation.
// Must stay true: an adapter is a description of a host and no more; the response reaches the host as the function made it;
// the second argument is the host's own with the span in it.
import type { Attributes } from '../../flush/model.ts'
import { SpanKind } from '../../flush/model.ts'
import type { Getter } from '../../propagate/propagator.ts'
import { forward } from '../forward.ts'
import { methodAttributes, methodName } from '../http.ts'
import type { Lifetime } from '../invocation-start.ts'
import type { RecordingSpan } from '../recording-span.ts'
import { requestAttributes, responded } from '../server.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { isStreamed, observeBody } from './body.ts'
import { linger } from './linger.ts'
import { environment } from './process.ts'
import { settled, settledWithin } from './wait.ts'

/** The host's second argument, and the span of the invocation. */
export type WithSpan<C, Env> = (C extends object ? C : unknown) & { readonly span: Span<Env> }

/** A function that is to be traced: `(request, { span }) => …`. */
export type RequestHandler<Env, C> = (
  request: Request,
  context: WithSpan<C, Env>,
  ...rest: never[]
) => Response | Promise<Response>

/** The host's second argument: what the handler takes, less the span. */
export type HostContext<C> = C extends object ? Omit<C, 'span'> : unknown

/** A function as the host calls it. */
export type TracedRequestHandler<C> = (
  request: Request,
  context?: HostContext<C>,
  ...rest: never[]
) => Response | Promise<Response>

export interface HandleOptions<Env, C> {
  /**
   * Keeps the host from ending before `promise` has settled. Default: the process lives on, and what is leaving is
   * waited for when it ends.
   */
  waitUntil?(promise: Promise<unknown>, context: C): void
  /** What `span.env` is, and what options made from `env` get. Default: `process.env`, where there is one. */
  readonly env?: Env
  /** Milliseconds the host leaves after the response. Default: no limit. */
  readonly graceMs?: number
  /** Resource attributes that the host knows of itself: the same object every time. */
  readonly resource?: Attributes
  /** More attributes of the root span; `http.route` becomes part of its name. */
  attributes?(request: Request, context: C): Attributes
  /** Where a parent may be found. Default: the request's headers. */
  carrier?(request: Request, context: C): Getter
  /** Settles when the response has been sent, where the host says so. Default: when its stream has been read. */
  sent?(context: C): Promise<unknown> | undefined
  /** Milliseconds that the spans may hold up the response, for hosts that stop with it. Default: they come after it. */
  readonly beforeResponseMs?: number
}

/** Traces any `(request) => response`: `handle(tracer, (request, { span }) => …, { waitUntil })`. */
export function handle<Env = unknown, C = undefined>(
  tracer: Tracer<Env>,
  handler: RequestHandler<Env, C>,
  options: HandleOptions<Env, C> = {},
): TracedRequestHandler<C> {
  const { waitUntil, env = environment() as Env, graceMs, resource, beforeResponseMs } = options
  const isBefore = beforeResponseMs !== undefined
  const lingering = waitUntil || isBefore ? undefined : linger()

  // Two parameters by name: Deno looks at how many a handler has, and makes no second argument for one that has less.
  return ((request: Request, context: C, ...rest: never[]) => {
    const kept: Promise<unknown>[] = []
    let settledMs = 0
    const start = {
      name: 'HTTP',
      kind: SpanKind.SERVER,
      describe() {
        const more = options.attributes?.(request, context)
        const route = more?.['http.route']
        const name = methodName(methodAttributes(request.method))
        Object.assign(start, {
          name: route ? `${name} ${route}` : name,
          carrier: options.carrier?.(request, context) ?? request.headers,
          attributes: () => ({ ...requestAttributes(request), ...more }),
        })
      },
      env,
      keepAlive(promise: Promise<unknown>) {
        if (waitUntil) waitUntil(promise, context)
        else if (lingering) lingering.keepAlive(promise)
        else kept.push(promise)
      },
      answersFirst: !isBefore,
      ...(graceMs !== undefined && { graceMs }),
      ...(resource && { resource }),
      ...(isBefore && { budgetMs: () => settledMs + beforeResponseMs - Date.now() }),
    }
    const answer = tracer.invoke(start, (span, lifetime): Response | Promise<Response> => {
      lingering?.opened(lifetime)
      const root = span as unknown as RecordingSpan<unknown>
      const leave = (given: Response): Response => {
        settledMs = Date.now()
        return root.config.attempt(() => {
          // Bun's `upgrade` and the like leave nothing to answer.
          const response = given && responded(given, root)
          // Spans that leave before the response cannot wait for its stream.
          if (!response || isBefore || !root.isRecorded()) return response
          const sent = options.sent?.(context)
          if (sent) lifetime.extend(sent)
          else if (response === given && request.method !== 'HEAD' && isStreamed(response))
            return observed(response, root, lifetime)
          return response
        }, given)
      }
      const result = handler(request, contextWith(context, span), ...rest)
      return result instanceof Promise ? result.then(leave) : leave(result)
    })
    return isBefore ? before(answer, kept, beforeResponseMs) : answer
  }) as unknown as TracedRequestHandler<C>
}

/** The response to send, whose root goes on until its stream has been read. */
function observed(response: Response, root: RecordingSpan<unknown>, lifetime: Lifetime): Response {
  let end = (): void => {}
  lifetime.extend(new Promise<void>((resolve) => (end = resolve)))
  return observeBody(response, (error) => {
    if (error !== undefined) root.failed(error)
    end()
  })
}

/** The answer, once the spans have left or their time is up. */
async function before<R>(answer: R | Promise<R>, kept: readonly Promise<unknown>[], limitMs: number): Promise<R> {
  try {
    return await answer
  } finally {
    await settledWithin(limitMs, settled(kept))
  }
}

/** The host's second argument with the span in it, and with a `waitUntil` that the invocation waits for. */
export function contextWith<C, Env>(context: C, span: Span<Env>): WithSpan<C, Env> {
  if (typeof context !== 'object' || context === null) return { span } as WithSpan<C, Env>
  return forward(context, (key, target) => {
    if (key === 'span') return span
    if (key === 'waitUntil' && typeof Reflect.get(target, key) === 'function')
      return (promise: Promise<unknown>) => span.waitUntil(promise)
    return undefined
  }) as WithSpan<C, Env>
}
