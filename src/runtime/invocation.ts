// In: one event that the host delivered, and the work it starts. Out: one export of its spans, one more for what is late.
// Must stay true: all state is in this closure; the host gets its promise at the very start, and it always settles and
// never rejects; the user's value and error pass through untouched.
import type { Attributes, SpanKind } from '../flush/model.ts'
import type { Getter } from '../propagate/propagator.ts'
import { type OpenRecord, type SpanBuffer, spanBuffer } from './buffer.ts'
import { decideAtTail, finish, send } from './departure.ts'
import { decideAtHead } from './head.ts'
import type { Config } from './options.ts'
import { follow } from './outcome.ts'
import { type Link, rootSpan, type Span, type SpanOwner, unrecordedSpan } from './span.ts'

/** What a host says of the event it delivers. */
export interface InvocationStart<Env> {
  /** Name of the root span. */
  readonly name: string
  /** Default `SpanKind.INTERNAL`. */
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  readonly links?: readonly Link[]
  readonly env: Env
  /** Where a parent may be found: the incoming headers, or their like. */
  readonly carrier?: Getter
  /** Tells the host not to end before the promise has settled. Called at the very start, and for every `waitUntil`. */
  keepAlive(promise: Promise<unknown>): void
  /** Milliseconds the host leaves once the handler has ended. Default: no limit. */
  readonly graceMs?: number
  /** Attributes of the resource that the host itself knows: the same object every time. */
  readonly resource?: Attributes
  /** The host's env as `span` shall see it. Default: as it is. */
  bind?(env: Env, span: Span<Env>): Env
}

/** The part of an invocation that its adapter steers. */
export interface Lifetime {
  /** The root span goes on until `promise` has settled: a response whose body is still being sent. */
  extend(promise: Promise<unknown>): void
}

/** A handler of one invocation. */
export type Handle<Env, R> = (span: Span<Env>, lifetime: Lifetime) => R

/** Of the grace, what is kept for the export: as long as an exporter takes at most by default. */
const EXPORT_RESERVE_MS = 10_000

/** Runs `handle` as one invocation: its root span ends with it, its spans leave when all its work has ended. */
export function invoke<Env, R>(config: Config, start: InvocationStart<Env>, handle: Handle<Env, R>): R {
  let invocation: Invocation<Env>
  try {
    invocation = open(config, start)
  } catch (error) {
    // No clock or no random bytes: then no trace, but the request.
    config.failed(error)
    return untraced(start, handle, config.failed)
  }
  const { root, failed, settle, lifetime } = invocation
  let result: R
  try {
    result = handle(root, lifetime)
  } catch (error) {
    failed(error)
    throw error
  }
  return follow(result, { done: settle, failed })
}

/** Runs `handle` under a span that records nothing and carries nothing. */
export function untraced<Env, R>(
  { env, keepAlive }: InvocationStart<Env>,
  handle: Handle<Env, R>,
  failed: (error: unknown) => void,
): R {
  const nobody = { traceId: '', spanId: '', parentSpanId: '', parentIsRemote: false, traceFlags: 0, traceState: '' }
  const owner = { fetch: hostFetch, inject() {}, bind: () => env, waitUntil: keepAlive, failed }
  return handle(unrecordedSpan(owner as unknown as SpanOwner<Env>, nobody), { extend: keepAlive })
}

/** Looked up at each call: a test or a polyfill may have replaced it since. */
const hostFetch: SpanOwner<unknown>['fetch'] = (input, init) => fetch(input, init)

interface Invocation<Env> {
  readonly root: Span<Env>
  readonly lifetime: Lifetime
  /** The handler has ended. */
  settle(): void
  /** The handler has ended with an error. */
  failed(error: unknown): void
}

function open<Env>(config: Config, start: InvocationStart<Env>): Invocation<Env> {
  const { ids, limits, now, losses } = config
  const { keepAlive, graceMs = Infinity } = start
  const head = decideAtHead(config, start)
  const { incoming, identity, traceState, isRecorded } = head

  let buffer: SpanBuffer = spanBuffer(limits.spanCountLimit)
  /** `late`: closed, and collecting what began after the close. `over`: nothing leaves any more. */
  let phase: 'open' | 'late' | 'over' = 'open'
  let isKept = false
  let lastError: unknown

  const owner: SpanOwner<Env> = {
    now,
    ids,
    limits,
    get buffer() {
      return buffer
    },
    traceState,
    fetch: hostFetch,
    inject: (spanContext, headers) => config.propagator.inject({ ...incoming, spanContext }, headers),
    bind: (span) => (start.bind ? start.bind(start.env, span) : start.env),
    waitUntil,
    ended,
    failed: config.failed,
    seen(error) {
      const isSame = error === lastError && typeof error === 'object'
      lastError = error
      return isSame
    },
  }
  const root = isRecorded ? rootSpan(owner, identity, start.name, start) : unrecordedSpan(owner, identity)
  if (head.attributes) root.setAttributes(head.attributes)

  // Resolved when the export has settled. What records nothing has nothing to wait for.
  let release = (): void => {}
  if (isRecorded) guard(() => keepAlive(new Promise<void>((resolve) => (release = resolve))))

  // What has not ended: the handler and every promise given to waitUntil; of these the root waits for `rootPending`.
  let pending = 1
  let rootPending = 1
  let settledMs = Infinity
  let timer: ReturnType<typeof setTimeout> | undefined

  function settle(): void {
    if (--rootPending > 0) return
    root.end()
    if (!isRecorded) return
    guard(() => {
      settledMs = now()
      // What still runs now runs on the host's grace.
      if (pending > 1 && graceMs < Infinity) timer = setTimeout(close, Math.max(0, graceMs - EXPORT_RESERVE_MS))
    })
    workEnded()
  }

  function workEnded(): void {
    if (--pending === 0) phase === 'open' ? close() : leaveLate()
  }

  function waitUntil(promise: Promise<unknown>): void {
    // A lazy thenable is asked once, by us, for both.
    const once = promise instanceof Promise ? promise : Promise.resolve(promise)
    keepAlive(once)
    if (!isRecorded) return
    pending++
    once.then(workEnded, workEnded)
  }

  function close(): void {
    if (phase !== 'open') return
    phase = 'late'
    clearTimeout(timer)
    const closing = buffer
    buffer = spanBuffer(limits.spanCountLimit)
    leave(closing, true).then(release)
  }

  function ended(record: OpenRecord): void {
    if (phase === 'over') losses.add('late', 1, `span "${record.name}" ended after the invocation's last export`)
    else if (phase === 'late' && pending === 0) leaveLate()
  }

  /** Once, when everything that began after the close has ended; the promise of the host's that covers it is new. */
  function leaveLate(): void {
    const isDue = (): boolean => {
      const records = buffer.records()
      return phase === 'late' && pending === 0 && records.length > 0 && records.every((record) => record.endMs !== 0)
    }
    if (!isDue()) return
    guard(() =>
      keepAlive(
        // One turn of the event loop, for those that end together.
        new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
          if (!isDue()) return
          phase = 'over'
          return leave(buffer, false)
        }),
      ),
    )
  }

  async function leave(closing: SpanBuffer, isFirst: boolean): Promise<void> {
    try {
      // The verdict is final: what comes late goes the way of the first.
      const records = finish(config, closing)
      if (isFirst) isKept = isRecorded && decideAtTail(config, head, root.record, closing)
      if (isKept) await send(config, start.resource, records, Math.max(0, graceMs - (now() - settledMs)))
      else losses.add('sampled_out', records.length, 'not chosen by the sampler')
    } catch (error) {
      config.failed(error)
    }
  }

  /** Calls into the host: a failure there is ours to report and nobody's to feel. */
  function guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      config.failed(error)
    }
  }

  return {
    root,
    settle,
    failed(error) {
      root.failed(error)
      settle()
    },
    lifetime: {
      extend(promise) {
        rootPending++
        promise.then(settle, settle)
      },
    },
  }
}
