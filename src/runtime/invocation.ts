// In: one event that the host delivered, and the work it starts. Out: one export of its spans, one more for what is late.
// Must stay true: all state is in this closure; the host gets its promise at the very start, and it always settles and
// never rejects; the user's value and error pass through untouched.
import type { Attributes, LogRecord, SpanKind } from '../flush/model.ts'
import type { Getter, PropagationContext, Propagator } from '../propagate/propagator.ts'
import { spanBytes } from '../sampling/span-size.ts'
import type { TailVerdict } from '../sampling/tail-sampler.ts'
import { type SpanBuffer, spanBuffer } from './buffer.ts'
import type { TimeInput } from './clock.ts'
import { decideAtTail, finish, leaving, send } from './departure.ts'
import { decideAtHead } from './head.ts'
import type { IdGenerator } from './ids.ts'
import type { Config } from './options.ts'
import { follow } from './outcome.ts'
import { type RecordingSpan, rootSpan } from './recording-span.ts'
import type { Link, Span } from './span.ts'
import type { SpanOwner } from './span-owner.ts'

/** What a host says of the event it delivers. */
export interface InvocationStart<Env> {
  /** Name of the root span. */
  readonly name: string
  /** Default `SpanKind.INTERNAL`. */
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  readonly links?: readonly Link[]
  /** More of this, asked once and only when the tracer is configured. Where it throws, what is here must do. */
  describe?(): Partial<InvocationStart<Env>>
  readonly env: Env
  /** Where a parent may be found: the incoming headers, or their like. */
  readonly carrier?: Getter
  /** The parent, where the adapter knows it itself. It is trusted, and beats the `carrier`. */
  readonly parent?: PropagationContext
  /** Ids that are the same at every run of what is run again. Default: random ones. */
  readonly ids?: IdGenerator
  /** When it began. Default: now. */
  readonly startTime?: TimeInput
  /** Tells the host not to end before the promise has settled. Called at the very start, and for every `waitUntil`. */
  keepAlive(promise: Promise<unknown>): void
  /** Milliseconds the host leaves once the handler has ended. Default: no limit. */
  readonly graceMs?: number
  /** Milliseconds an export may take, asked when it begins. Default: what is left of `graceMs`. */
  budgetMs?(): number
  /** Attributes of the resource that the host itself knows: the same object every time. */
  readonly resource?: Attributes
  /** The host's env as `span` shall see it. Default: as it is. */
  bind?(env: Env, span: Span<Env>): Env
}

/** The part of an invocation that its adapter steers. */
export interface Lifetime {
  /** The root span goes on until `promise` has settled: a response whose body is still being sent. */
  extend(promise: Promise<unknown>): void
  /** Ends the invocation now, on a host that is about to stop: what is open leaves as it is, marked unfinished. */
  close(): void
  /** Sends what has ended so far, for invocations that run long. Not with a tail sampler: its verdict needs the whole. */
  flush(): void
  /** Forgets what was recorded: the host will run the same again, and tell all of it then. */
  discard(): void
  /** The formats of the tracer, for adapters that read contexts out of messages. */
  readonly propagator: Propagator
}

/** A handler of one invocation. */
export type Handle<Env, R> = (span: Span<Env>, lifetime: Lifetime) => R

/** An invocation that has run for so long is a long one: what has ended of it leaves, again every time so much has passed. */
const LONG_MS = 10_000

/** Bytes of ended spans, by estimate, that a long invocation sends on at once: a quarter of what one request may hold. */
const LONG_BYTES = 1_000_000

/** Partial flushes an invocation: with the last export and its tries, half of a free Worker's 50 subrequests. */
const MAX_PARTIAL_FLUSHES = 20

/** Of the grace, what is kept for the export: as long as an exporter takes at most by default. */
const EXPORT_RESERVE_MS = 10_000

/** Runs `handle` as one invocation: its root span ends with it, its spans leave when all its work has ended. */
export function invoke<Env, R>(config: Config, start: InvocationStart<Env>, handle: Handle<Env, R>): R {
  const { ambient } = config
  let invocation: Invocation<Env>
  try {
    const spanContext = start.parent ? undefined : ambient?.outer()
    invocation = open(config, spanContext ? { ...start, parent: { spanContext } } : start)
  } catch (error) {
    // No clock or no random bytes: then no trace, but the request.
    config.failed(error)
    return untraced(config, start, handle)
  }
  let result: R
  try {
    const { root, lifetime } = invocation
    result = ambient ? ambient.run(root, () => handle(root, lifetime)) : handle(root, lifetime)
  } catch (error) {
    invocation.failed(error)
    throw error
  }
  return follow(result, invocation)
}

/** Runs `handle` under a span that records nothing and carries nothing. */
export function untraced<Env, R>(config: Config, { env, keepAlive }: InvocationStart<Env>, handle: Handle<Env, R>): R {
  const owner = { config, bind: () => env, waitUntil: keepAlive }
  const nobody = { traceId: '', spanId: '', parentSpanId: '', parentIsRemote: false, traceFlags: 0, traceState: '' }
  return handle(rootSpan(owner as unknown as SpanOwner<Env>, {}, nobody, '', {}, false), {
    extend: keepAlive,
    close() {},
    flush() {},
    discard() {},
    propagator: config.propagator,
  })
}

interface Invocation<Env> {
  readonly root: RecordingSpan<Env>
  readonly lifetime: Lifetime
  /** The handler has ended. */
  done(): void
  failed(error: unknown): void
}

function open<Env>(config: Config, start: InvocationStart<Env>): Invocation<Env> {
  const { limits, now, losses, logs } = config
  start = { ...start, ...config.attempt(() => start.describe?.(), undefined) }
  const { env, keepAlive, graceMs = Infinity } = start
  const head = decideAtHead(config, start)
  const { metrics, fetch, random } = config
  const emptyBuffer = (): SpanBuffer => spanBuffer(limits.spanCountLimit)
  let isCounted = false
  // What is to be counted is recorded; what the head did not want does not leave for that.
  const isRecorded = head.isRecorded || (config.enabled && !!metrics)
  /** Something may have to leave at the end. */
  const isOpen = isRecorded || (config.enabled && logs.independentFrom !== undefined)

  /** `late`: closed, and collecting what began after the close. `over`: nothing leaves any more. */
  let phase: 'open' | 'late' | 'over' = 'open'
  let verdict: TailVerdict | undefined
  let lastError: unknown
  // What has not ended: the handler and every promise given to waitUntil; of these the root waits for `rootPending`.
  let pending = 1
  let rootPending = 1
  let settledMs = Infinity
  let flushes = 0
  let bytes = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Settles the host's promise, when the export has settled. */
  let release = (): void => {}

  const owner: SpanOwner<Env> = {
    config,
    buffer: emptyBuffer(),
    bind(span) {
      return config.attempt(() => start.bind?.(env, span), undefined) ?? env
    },
    waitUntil(promise) {
      // A lazy thenable is asked once, by us, for both.
      const once = promise instanceof Promise ? promise : Promise.resolve(promise)
      keepAlive(once)
      if (!isOpen) return
      pending++
      once.then(workEnded, workEnded)
    },
    ended(record) {
      if (phase === 'over') losses.add('late', 1, `"${record.name}" ended after the last export`)
      else if (phase === 'late') leaveLate()
      else {
        const { endMs } = record
        // Only what runs long is weighed.
        if (flushes > 0) bytes += spanBytes(record)
        const isCrowded = flushes > 0 && (owner.buffer.started * 2 >= limits.spanCountLimit || bytes >= LONG_BYTES)
        if ((endMs < flushMs && !isCrowded) || flushes === MAX_PARTIAL_FLUSHES) return
        flushMs = endMs + LONG_MS
        flushes++
        bytes = 0
        guard(flush)
      }
    },
    log(record) {
      const { logs } = owner.buffer
      if (phase === 'over' || logs.length >= limits.logCountLimit)
        losses.add('logs', 1, `over ${limits.logCountLimit} log records, or after the last export`)
      else {
        logs.push(record)
        if (phase === 'late') leaveLate()
      }
    },
    seen(error) {
      const isSame = error === lastError && typeof error === 'object'
      lastError = error
      return isSame
    },
  }
  const root = rootSpan(owner, head.scope, head.identity, start.name, { ...start, links: head.links }, isRecorded)
  let flushMs = root.record.startMs + LONG_MS
  if (head.attributes) root.setAttributes(head.attributes)
  // What records nothing has nothing to wait for.
  if (isOpen) guard(() => keepAlive(new Promise<void>((resolve) => (release = resolve))))

  function done(): void {
    if (--rootPending > 0) return
    root.end()
    if (!isOpen) return
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

  function close(): void {
    phase = 'late'
    if (timer) clearTimeout(timer)
    const closing = owner.buffer
    owner.buffer = emptyBuffer()
    leave(closing).then(release)
  }

  /** Whole spans only, and only where no verdict waits for the rest of them. */
  function flush(): void {
    const { buffer } = owner
    const [rest, leaving] = [emptyBuffer(), emptyBuffer()]
    for (const record of buffer.records()) (record.endMs ? leaving : rest).add(record)
    if (phase !== 'open' || !isRecorded || config.tailSampler || !leaving.started) return
    leaving.started = buffer.started - rest.started
    leaving.logs.push(...buffer.logs)
    owner.buffer = rest
    keepAlive(leave(leaving))
  }

  /** Once, when everything that began after the close has ended; the promise of the host's that covers it is new. */
  function leaveLate(): void {
    const records = owner.buffer.records()
    if (pending > 0 || !(records.length + owner.buffer.logs.length) || records.some((record) => record.endMs === 0))
      return
    guard(() =>
      keepAlive(
        // One turn of the event loop, for those that end together.
        new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
          if (phase === 'over') return
          phase = 'over'
          return leave(owner.buffer)
        }),
      ),
    )
  }

  async function leave(closing: SpanBuffer): Promise<void> {
    try {
      const records = closing.records()
      losses.add('buffer_full', closing.started - records.length, `over ${limits.spanCountLimit} spans at once`)
      finish(config, records)
      // The verdict is final: what comes late goes the way of the first.
      verdict ??= head.isRecorded ? decideAtTail(config, head, root.record, closing) : { keep: false }
      const { keep, traceState } = verdict
      // What was continued from another trace has that one's state.
      if (traceState !== undefined)
        for (const record of records) if (record.traceId === head.identity.traceId) record.traceState = traceState
      const budgetMs = Math.max(0, start.budgetMs?.() ?? graceMs - Math.max(0, now() - settledMs))
      const isKept = head.isRecorded && keep
      if (!isKept && head.isRecorded) losses.add('sampled_out', records.length, 'not chosen by the sampler')
      const spans = isKept ? leaving(config, records) : []
      const left = isKept ? closing.logs : closing.logs.filter(isIndependent)
      const sent = (isKept || left.length) && send(config, start.resource, spans, left, budgetMs)
      if (metrics && phase !== 'open') {
        if (!isCounted) metrics.record(root.record, isKept)
        isCounted = true
        await metrics.send({ fetch, now, random, budgetMs }, () => config.resource(start.resource))
      }
      await sent
    } catch (error) {
      config.failed(error)
    }
  }

  const isIndependent = ({ severityNumber }: LogRecord): boolean => severityNumber >= (logs.independentFrom ?? Infinity)

  /** Calls into the host: a failure there is ours to report and nobody's to feel. */
  function guard(call: () => void): void {
    config.attempt(call, undefined)
  }

  return {
    root,
    done,
    failed(error) {
      root.failed(error)
      done()
    },
    lifetime: {
      propagator: config.propagator,
      extend(promise) {
        rootPending++
        promise.then(done, done)
      },
      close() {
        if (isOpen && phase === 'open') close()
      },
      flush,
      discard() {
        phase = 'late'
        owner.buffer = emptyBuffer()
        release()
      },
    },
  }
}
