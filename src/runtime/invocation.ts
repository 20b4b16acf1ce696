// In: one event that the host delivered, and the work it starts. Out: one export of its spans, one more for what is late.
// Must stay true: all state is in this closure; the host gets its promise at the very start, and it always settles and
// never rejects; the user's value and error pass through untouched.
import { type Attributes, SpanKind, type SpanRecord } from '../flush/model.ts'
import type { Getter, PropagationContext, Propagator } from '../propagate/propagator.ts'
import { type SpanBuffer, spanBuffer } from './buffer.ts'
import type { TimeInput } from './clock.ts'
import { departure } from './departure.ts'
import { decideAtHead } from './head.ts'
import { captured } from './http.ts'
import type { IdGenerator } from './ids.ts'
import type { Config } from './options.ts'
import { type Outcome, runs } from './outcome.ts'
import { type RecordingSpan, rootSpan } from './recording-span.ts'
import type { Link, Span, SpanOptions } from './span.ts'
import type { SpanOwner } from './span-owner.ts'

/** What a host says of the event it delivers. */
export interface InvocationStart<Env> {
  /** Name of the root span. */
  readonly name: string
  /** Default `SpanKind.INTERNAL`. */
  readonly kind?: SpanKind
  /** Of the root span; as a function, asked once and only when somebody needs them. */
  readonly attributes?: Attributes | (() => Attributes)
  readonly links?: readonly Link[]
  /**
   * Completes this object, which must be this invocation's own. Called once, first of all, and only when the tracer is
   * configured. Where it throws, what is here must do.
   */
  readonly describe?: (() => void) | undefined
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
  /**
   * True: the host answers its caller before the next turn of its event loop. The close waits for that turn, so that nobody
   * waits for the close. Default false.
   */
  readonly answersFirst?: boolean
  /** True: the host ends the calls that an invocation leaves behind. Default false. */
  readonly endsCalls?: boolean
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

/** Characters of ended spans, by estimate, that a long invocation sends on at once: a quarter of what one request may hold. */
const LONG_CHARACTERS = 1_000_000

/** What a span has of them beside its attributes: ids, times and field names. */
const SPAN_CHARACTERS = 300

/** Partial flushes an invocation: with the last export and its tries, half of a free Worker's 50 subrequests. */
const MAX_PARTIAL_FLUSHES = 20

/** Of the grace, what is kept for the export: as long as an exporter takes at most by default. */
const EXPORT_RESERVE_MS = 10_000

/** Runs `handle` as one invocation: its root span ends with it, its spans leave when all its work has ended. */
export function invoke<Env, R>(config: Config, start: InvocationStart<Env>, handle: Handle<Env, R>): R {
  let invocation: Invocation<Env>
  try {
    const spanContext = start.parent ? undefined : config.ambient?.outer()
    invocation = open(config, spanContext ? { ...start, parent: { spanContext } } : start)
  } catch (error) {
    // No clock or no random bytes: then no trace, but the request.
    config.failed(error)
    return untraced(config, start, handle)
  }
  const { root, lifetime } = invocation
  return runs(root, () => handle(root, lifetime), invocation)
}

/** Runs `handle` under a span that records nothing and carries nothing. */
export function untraced<Env, R>(config: Config, { env, keepAlive }: InvocationStart<Env>, handle: Handle<Env, R>): R {
  const owner = { config, bind: () => env, waitUntil: keepAlive }
  const nobody = { traceId: '', spanId: '', parentSpanId: '', parentIsRemote: false, traceFlags: 0, traceState: '' }
  const { propagator } = config
  const nothing = (): void => {}
  return handle(rootSpan(owner as unknown as SpanOwner<Env>, {}, nobody, '', undefined), {
    extend: keepAlive,
    close: nothing,
    flush: nothing,
    discard: nothing,
    propagator,
  })
}

interface Invocation<Env> extends Outcome {
  readonly root: RecordingSpan<Env>
  readonly lifetime: Lifetime
}

function open<Env>(config: Config, start: InvocationStart<Env>): Invocation<Env> {
  const { attempt, baggageKeys, ids, limits, losses, mirror, now, propagator, redact, tailSampler } = config
  attempt(() => start.describe?.())
  const { env, keepAlive, graceMs = Infinity } = start
  const head = decideAtHead(config, start)
  const { isRecorded } = head
  const emptyBuffer = (): SpanBuffer => spanBuffer(limits.spanCountLimit)

  /** `late`: closed, and collecting what began after the close. `over`: nothing leaves any more. */
  let phase: 'open' | 'late' | 'over' = 'open'
  let lastError: unknown
  // What has not ended: the handler and every promise given to waitUntil; of these the root waits for `rootPending`.
  let pending = 1
  let rootPending = 1
  let settledMs = Infinity
  let flushes = 0
  let characters = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Settles the host's promise, when the export has settled. */
  let release = (): void => {}

  const owner: SpanOwner<Env> = {
    config,
    now,
    ids,
    baggageKeys,
    mirror,
    redact,
    buffer: emptyBuffer(),
    bind: (span) => attempt(() => start.bind?.(env, span)) ?? env,
    waitUntil(promise) {
      // A lazy thenable is asked once, by us, for both.
      const once = promise instanceof Promise ? promise : Promise.resolve(promise)
      keepAlive(once)
      if (!isRecorded) return
      pending++
      once.then(workEnded, workEnded)
    },
    ended(record) {
      if (phase === 'late') leaveLate()
      else if (phase === 'open' && (record.endMs >= flushMs || flushes > 0)) attempt(() => crowded(record))
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
  const { kind = SpanKind.INTERNAL, startTime } = start
  const attributes = isRecorded && head.attributes()
  const options = attributes ? ({ kind, attributes, links: head.links, startTime } as SpanOptions) : undefined
  const root = rootSpan(owner, head.scope, head.identity, start.name, options)
  let flushMs = root.record.startMs + LONG_MS
  if (head.added) root.setAttributes(head.added)
  captured(root, start.carrier)
  const leave = departure(
    config,
    head,
    root.record,
    start,
    () => start.budgetMs?.() ?? graceMs - Math.max(0, now() - settledMs),
  )
  // What records nothing has nothing to wait for.
  if (isRecorded) attempt(() => keepAlive(new Promise<void>((resolve) => (release = resolve))))

  function done(): void {
    if (--rootPending > 0) return
    root.end()
    if (!isRecorded) return
    attempt(() => {
      settledMs = now()
      // What still runs now runs on the host's grace.
      if (pending > 1 && graceMs < Infinity) timer = setTimeout(close, Math.max(0, graceMs - EXPORT_RESERVE_MS))
    })
    workEnded()
  }

  function workEnded(): void {
    if (--pending > 0) return
    if (phase !== 'open') leaveLate()
    else if (!attempt(() => start.answersFirst && setTimeout(closeIfIdle, 0))) close()
  }

  /** Unless there is new work, or it has been closed meanwhile. */
  function closeIfIdle(): void {
    if (phase === 'open' && pending === 0) close()
  }

  function close(): void {
    phase = 'late'
    if (timer) clearTimeout(timer)
    const closing = owner.buffer
    owner.buffer = emptyBuffer()
    leave(closing, true).then(release)
  }

  /** A long invocation sends on what has ended: by its age at first, then by age, number or size. */
  function crowded({ attributes, endMs }: SpanRecord): void {
    characters += SPAN_CHARACTERS + Object.values(attributes).join('').length
    const isCrowded = owner.buffer.started * 2 >= limits.spanCountLimit || characters >= LONG_CHARACTERS
    if ((endMs < flushMs && !isCrowded) || flushes === MAX_PARTIAL_FLUSHES) return
    flushMs = endMs + LONG_MS
    flushes++
    characters = 0
    flush()
  }

  /** Whole spans only, and only where no verdict waits for the rest of them. */
  function flush(): void {
    const { buffer } = owner
    const [rest, leaving] = [emptyBuffer(), emptyBuffer()]
    for (const record of buffer.records()) (record.endMs ? leaving : rest).add(record)
    if (phase !== 'open' || !isRecorded || tailSampler || !leaving.started) return
    leaving.started = buffer.started - rest.started
    leaving.logs.push(...buffer.logs)
    owner.buffer = rest
    keepAlive(leave(leaving, false))
  }

  /** Once, when everything that began after the close has ended; the promise of the host's that covers it is new. */
  function leaveLate(): void {
    const records = owner.buffer.records()
    if (pending > 0 || !(records.length + owner.buffer.logs.length) || records.some((record) => record.endMs === 0))
      return
    attempt(() =>
      keepAlive(
        // One turn of the event loop, for those that end together.
        new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
          if (phase === 'over') return
          phase = 'over'
          const closing = owner.buffer
          owner.buffer = { ...emptyBuffer(), add: () => losses.add('late', 1, 'after the last export') }
          return leave(closing, true)
        }),
      ),
    )
  }

  return {
    root,
    done,
    failed(error) {
      root.failed(error)
      done()
    },
    lifetime: {
      propagator,
      extend(promise) {
        rootPending++
        promise.then(done, done)
      },
      close() {
        if (isRecorded && phase === 'open') close()
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
