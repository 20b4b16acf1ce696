// In: a Lambda handler. Out: the same handler, each event an invocation whose spans leave before the environment freezes.
// Must stay true: the result, the stream and the error are the handler's own; nothing is kept from one event to the next,
// because managed instances run several at once; the export takes no longer than the function has left.
import type { Context, StreamifyHandler } from 'aws-lambda'
import { type AttributeValue, SpanKind } from '../../flush/model.ts'
import { extractLinks } from '../../propagate/message.ts'
import { forward } from '../forward.ts'
import { environment } from '../hosts/process.ts'
import { onStop } from '../hosts/stop.ts'
import { settled, settledWithin } from '../hosts/wait.ts'
import type { Lifetime } from '../invocation-start.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { answered, batchAnswered } from './answer.ts'
import { invocationAttributes, isOnDemand, lambdaResource } from './environment.ts'
import { describeEvent } from './event.ts'
import type { BatchDescription } from './event-description.ts'
import type { LambdaExtension } from './extension.ts'

/** The last argument of a traced handler: Lambda's context, and the span of the invocation. */
export type LambdaContext<Env = unknown> = Context & { readonly span: Span<Env> }

export interface LambdaOptions {
  /**
   * Sends spans after the response: `await lambdaExtension()`. Default: spans leave before the response, or after the
   * end of the stream, which the client has by then.
   */
  readonly extension?: LambdaExtension
  /** Milliseconds that an export before the response may take. Default 1,000. */
  readonly flushTimeoutMs?: number
}

/** A stream as `awslambda.streamifyResponse` hands it to its handler. */
export type ResponseStream = Parameters<StreamifyHandler>[1]

/** What a buffered handler looks like to the runtime. */
export type TracedLambda<E, R> = (event: E, context: Context) => Promise<R>

/** What a streaming handler looks like to the runtime. */
export type TracedLambdaStream<E> = (event: E, stream: ResponseStream, context: Context) => Promise<void>

const DEFAULT_FLUSH_TIMEOUT_MS = 1000

/** Kept free before the function's own timeout: for the answer to be posted, and for timers that fire late. */
const MARGIN_MS = 100

/** A handler that runs out of time is closed so long before the end: one POST to a receiver nearby, and the margin. */
const TIMEOUT_RESERVE_MS = 400

/** After SIGTERM an environment with an internal extension has 500 ms (AWS Lambda, "Shutdown phase"). */
const STOP_MS = 400

/** The symbol by which the runtime knows a streaming handler, and how it wraps one. */
interface Awslambda {
  streamifyResponse?<T>(handler: T): T
}

/**
 * Traces a handler whose result is its response:
 * `export const handler = lambda(tracer, async (event: APIGatewayProxyEventV2, { span }) => …)`.
 */
export function lambda<Env, E, R>(
  tracer: Tracer<Env>,
  handler: (event: E, context: LambdaContext<Env>) => R,
  options: LambdaOptions = {},
): TracedLambda<E, Awaited<R>> {
  return wrapped(tracer, handler as Handler, options) as TracedLambda<E, Awaited<R>>
}

/**
 * Traces a handler that writes its response to a stream, and marks it as one for the runtime:
 * `export const handler = lambdaStream(tracer, async (event, stream, { span }) => …)`.
 */
export function lambdaStream<Env, E>(
  tracer: Tracer<Env>,
  handler: (event: E, stream: ResponseStream, context: LambdaContext<Env>) => Promise<void>,
  options: LambdaOptions = {},
): TracedLambdaStream<E> {
  const traced = wrapped(tracer, handler as Handler, options) as TracedLambdaStream<E>
  const { awslambda } = globalThis as { awslambda?: Awslambda }
  return awslambda?.streamifyResponse?.(traced) ?? traced
}

type Handler = (...args: unknown[]) => unknown

function wrapped<Env>(tracer: Tracer<Env>, handler: Handler, options: LambdaOptions): Handler {
  const { extension, flushTimeoutMs = DEFAULT_FLUSH_TIMEOUT_MS } = options
  const loadedMs = Date.now()
  let isFirst = true
  let resource: Record<string, AttributeValue> | undefined

  const traced = async (event: unknown, ...rest: unknown[]): Promise<unknown> => {
    const context = rest.at(-1) as Context
    const [stream] = rest.length > 1 ? (rest as [WritableLike]) : []
    const isCold = isFirst && isOnDemand()
    isFirst = false
    const isAfter = extension?.isActive === true
    const kept: Promise<unknown>[] = []
    const description = describeEvent(event, context)
    const { trigger, attributes, carrier, batch } = description
    const invocation = {
      name: description.name ?? context.functionName,
      kind: SpanKind.SERVER,
      attributes: () => ({
        'faas.trigger': trigger,
        'faas.coldstart': isCold,
        ...invocationAttributes(context),
        ...attributes,
      }),
      env: environment() as Env,
      keepAlive: (promise: Promise<unknown>) => void kept.push(promise),
      budgetMs: () => Math.min(isAfter ? Infinity : flushTimeoutMs, context.getRemainingTimeInMillis() - MARGIN_MS),
      resource: (resource ??= lambdaResource(context)),
      ...(carrier && { carrier }),
    }
    let stop = (): void => {}
    const run = (span: Span<Env>, lifetime: Lifetime): unknown => {
      const root = span as RecordingSpan<Env>
      stop = closeInTime(context, lifetime, kept)
      if (isCold) initSpan(root, loadedMs)
      if (isAfter) root.waitUntil(responsePosted())
      return inBatch(root, lifetime, batch, async (span) => {
        const args = stream ? [event, stream, contextWith(context, span)] : [event, contextWith(context, span)]
        const result = await handler(...args)
        // After an error it is the runtime that ends the stream, and it waits for us.
        if (stream) lifetime.extend(streamEnded(stream))
        // A result may throw when it is looked at: that is nobody's business.
        return root.config.attempt(() => answered(root, event, result, description), result)
      })
    }
    try {
      return await tracer.invoke(invocation, run)
    } finally {
      const flushed = settledWithin(context.getRemainingTimeInMillis() - MARGIN_MS, settled(kept)).then(stop)
      if (isAfter) extension.hold(context.awsRequestId, flushed)
      else await flushed
    }
  }
  // The runtime's marks (streaming, high-water mark) go with the handler.
  for (const mark of Object.getOwnPropertySymbols(handler))
    Object.assign(traced, { [mark]: Reflect.get(handler, mark) })
  return traced as Handler
}

/** Runs the handler; for a batch in a CONSUMER span under the root, with a link a message. */
function inBatch<Env, R>(
  root: RecordingSpan<Env>,
  { propagator }: Lifetime,
  batch: BatchDescription | undefined,
  run: (span: Span<Env>) => Promise<R>,
): Promise<R> {
  if (!batch) return run(root)
  const links = extractLinks(batch.messages, propagator).map((context) => ({ context }))
  const options = { kind: SpanKind.CONSUMER, attributes: batch.attributes, links }
  return root.enterSpan(batch.name, options, async (span: Span<Env>) => {
    const result = await run(span)
    root.config.attempt(() => batchAnswered(span, result))
    return result
  })
}

/** The time from the start of the process to the handler: what a cold start adds to its first event. */
function initSpan<Env>(root: Span<Env>, loadedMs: number): void {
  root.startSpan('init', { startTime: performance.timeOrigin }).end(Math.max(loadedMs, performance.timeOrigin))
}

/** Closes the invocation before the function's timeout, and at once when the environment is to stop. */
function closeInTime(context: Context, lifetime: Lifetime, kept: Promise<unknown>[]): () => void {
  const afterMs = context.getRemainingTimeInMillis() - TIMEOUT_RESERVE_MS
  const timer = afterMs > 0 ? setTimeout(() => lifetime.close(), afterMs) : undefined
  const forget = onStop(() => {
    lifetime.close()
    return settledWithin(STOP_MS, settled(kept))
  })
  return () => {
    clearTimeout(timer)
    forget()
  }
}

/**
 * After the runtime has posted the response: it does so in the check phase that follows the handler's end, blocking, so
 * that the second check phase comes after it.
 */
function responsePosted(): Promise<void> {
  const { setImmediate: soon = setTimeout } = globalThis as { setImmediate?: (call: () => void) => unknown }
  return new Promise((resolve) => soon(() => soon(() => resolve())))
}

/** What is used of a Node stream. */
interface WritableLike {
  readonly writableFinished: boolean
  readonly destroyed: boolean
  once(event: string, listener: () => void): unknown
}

/** All has been written, or nothing more will be. */
function streamEnded(stream: WritableLike): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableFinished || stream.destroyed) resolve()
    for (const event of ['finish', 'close', 'error']) stream.once(event, resolve)
  })
}

function contextWith<Env>(context: Context, span: Span<Env>): LambdaContext<Env> {
  return forward(context, (key) => (key === 'span' ? span : undefined)) as LambdaContext<Env>
}
