// In: one event that the host delivered, and the work it starts. Out: one export of its spans, one more for what is late.
// Must stay true: all state is in this object; the host gets its promise at the very start, and it always settles and
// never rejects; the user's value and error pass through untouched.
import { type LogRecord, SpanKind } from '../flush/model.ts'
import type { Propagator } from '../propagate/propagator.ts'
import { type SpanBuffer, spanBuffer } from './buffer.ts'
import { type Departure, departure } from './departure.ts'
import { decideAtHead } from './head.ts'
import { captured } from './http.ts'
import type { Handle, InvocationStart, Lifetime } from './invocation-start.ts'
import type { Config } from './options.ts'
import { type Outcome, runs } from './outcome.ts'
import type { OpenRecord } from './record.ts'
import { type RecordingSpan, rootSpan } from './recording-span.ts'
import type { Span, SpanOptions } from './span.ts'
import type { SpanOwner } from './span-owner.ts'

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
    invocation = new Invocation(config, spanContext ? { ...start, parent: { spanContext } } : start)
  } catch (error) {
    // No clock or no random bytes: then no trace, but the request.
    config.failed(error)
    return untraced(config, start, handle)
  }
  return runs(invocation.root, () => handle(invocation.root, invocation), invocation)
}

/** Runs `handle` under a span that records nothing and carries nothing. */
export function untraced<Env, R>(config: Config, { env, keepAlive }: InvocationStart<Env>, handle: Handle<Env, R>): R {
  const owner = { config, bind: () => env, waitUntil: keepAlive }
  const nobody = { traceId: '', spanId: '', parentSpanId: '', parentIsRemote: false, traceFlags: 0, traceState: '' }
  const { propagator } = config
  return handle(rootSpan(owner as unknown as SpanOwner<Env>, {}, nobody, '', undefined), {
    extend: keepAlive,
    close: nothing,
    flush: nothing,
    discard: nothing,
    propagator,
  })
}

const nothing = (): void => {}

/**
 * A class, and in what runs for every event no function with a name: a bundler that keeps names, as wrangler does, has each
 * of them named anew whenever it is made, which costs a Worker more than a microsecond.
 */
class Invocation<Env> implements SpanOwner<Env>, Outcome, Lifetime {
  readonly config: Config
  readonly now: Config['now']
  readonly ids: Config['ids']
  readonly baggageKeys: Config['baggageKeys']
  readonly mirror: Config['mirror'] | undefined
  readonly redact: Config['redact'] | undefined
  readonly propagator: Propagator
  readonly root: RecordingSpan<Env>
  buffer: SpanBuffer
  readonly #start: InvocationStart<Env>
  readonly #graceMs: number
  readonly #isRecorded: boolean
  readonly #leave: Departure
  /** `late`: closed, and collecting what began after the close. `over`: nothing leaves any more. */
  #phase: 'open' | 'late' | 'over' = 'open'
  #lastError: unknown
  // What has not ended: the handler and every promise given to waitUntil; of these the root waits for `#rootPending`.
  #pending = 1
  #rootPending = 1
  #settledMs = Infinity
  #flushMs: number
  #flushes = 0
  #characters = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Settles the host's promise, when the export has settled. */
  #release = nothing

  constructor(config: Config, start: InvocationStart<Env>) {
    const { attempt } = config
    attempt(() => start.describe?.())
    const head = decideAtHead(config, start)
    this.config = config
    this.now = config.now
    this.ids = config.ids
    this.baggageKeys = config.baggageKeys
    this.mirror = config.mirror
    this.redact = config.redact
    this.propagator = config.propagator
    this.buffer = spanBuffer(config.limits.spanCountLimit)
    this.#start = start
    this.#graceMs = start.graceMs ?? Infinity
    this.#isRecorded = head.isRecorded
    const { kind = SpanKind.INTERNAL, startTime } = start
    const attributes = head.isRecorded ? head.attributes() : undefined
    const options = attributes ? ({ kind, attributes, links: head.links, startTime } as SpanOptions) : undefined
    const root = rootSpan(this, head.scope, head.identity, start.name, options)
    this.root = root
    this.#flushMs = root.record.startMs + LONG_MS
    if (head.added) root.setAttributes(head.added)
    captured(root, start.carrier)
    this.#leave = departure(
      config,
      head,
      root.record,
      start,
      () => start.budgetMs?.() ?? this.#graceMs - Math.max(0, config.now() - this.#settledMs),
    )
    // What records nothing has nothing to wait for.
    if (head.isRecorded) attempt(() => start.keepAlive(new Promise<void>((resolve) => (this.#release = resolve))))
  }

  // For its spans.

  bind(span: Span<Env>): Env {
    const start = this.#start
    return this.config.attempt(() => start.bind?.(start.env, span)) ?? start.env
  }

  waitUntil(promise: Promise<unknown>): void {
    // A lazy thenable is asked once, by us, for both.
    const once = promise instanceof Promise ? promise : Promise.resolve(promise)
    this.#start.keepAlive(once)
    if (!this.#isRecorded) return
    this.#pending++
    afterwards(once, () => this.#workEnded())
  }

  ended(record: OpenRecord): void {
    if (this.#phase === 'late') this.#leaveLate()
    else if (this.#phase === 'open' && (record.endMs >= this.#flushMs || this.#flushes > 0))
      this.config.attempt(() => this.#crowded(record))
  }

  log(record: LogRecord): void {
    const { limits, losses } = this.config
    const { logs } = this.buffer
    if (this.#phase === 'over' || logs.length >= limits.logCountLimit)
      losses.add('logs', 1, `over ${limits.logCountLimit} log records, or after the last export`)
    else {
      logs.push(record)
      if (this.#phase === 'late') this.#leaveLate()
    }
  }

  seen(error: unknown): boolean {
    const isSame = error === this.#lastError && typeof error === 'object'
    this.#lastError = error
    return isSame
  }

  // For its handler.

  done(): void {
    if (--this.#rootPending > 0) return
    this.root.end()
    if (!this.#isRecorded) return
    this.config.attempt(() => {
      this.#settledMs = this.now()
      // What still runs now runs on the host's grace.
      if (this.#pending > 1 && this.#graceMs < Infinity)
        this.#timer = setTimeout(() => this.#close(), Math.max(0, this.#graceMs - EXPORT_RESERVE_MS))
    })
    this.#workEnded()
  }

  failed(error: unknown): void {
    this.root.failed(error)
    this.done()
  }

  // For its adapter.

  extend(promise: Promise<unknown>): void {
    this.#rootPending++
    afterwards(promise, () => this.done())
  }

  close(): void {
    if (this.#isRecorded && this.#phase === 'open') this.#close()
  }

  /** Whole spans only, and only where no verdict waits for the rest of them. */
  flush(): void {
    const { buffer } = this
    const [rest, leaving] = [this.#emptyBuffer(), this.#emptyBuffer()]
    for (const record of buffer.records()) (record.endMs ? leaving : rest).add(record)
    if (this.#phase !== 'open' || !this.#isRecorded || this.config.tailSampler || !leaving.started) return
    leaving.started = buffer.started - rest.started
    leaving.logs.push(...buffer.logs)
    this.buffer = rest
    this.#start.keepAlive(this.#leave(leaving, false))
  }

  discard(): void {
    this.#phase = 'late'
    this.buffer = this.#emptyBuffer()
    this.#release()
  }

  #emptyBuffer(): SpanBuffer {
    return spanBuffer(this.config.limits.spanCountLimit)
  }

  #workEnded(): void {
    if (--this.#pending > 0) return
    if (this.#phase !== 'open') this.#leaveLate()
    else if (!this.config.attempt(() => this.#start.answersFirst && setTimeout(() => this.#closeIfIdle(), 0)))
      this.#close()
  }

  /** Unless there is new work, or it has been closed meanwhile. */
  #closeIfIdle(): void {
    if (this.#phase === 'open' && this.#pending === 0) this.#close()
  }

  #close(): void {
    this.#phase = 'late'
    if (this.#timer) clearTimeout(this.#timer)
    const closing = this.buffer
    this.buffer = this.#emptyBuffer()
    this.#leave(closing, true).then(this.#release)
  }

  /** A long invocation sends on what has ended: by its age at first, then by age, number or size. */
  #crowded({ attributes, endMs }: OpenRecord): void {
    const { spanCountLimit } = this.config.limits
    this.#characters += SPAN_CHARACTERS + Object.values(attributes).join('').length
    const isCrowded = this.buffer.started * 2 >= spanCountLimit || this.#characters >= LONG_CHARACTERS
    if ((endMs < this.#flushMs && !isCrowded) || this.#flushes === MAX_PARTIAL_FLUSHES) return
    this.#flushMs = endMs + LONG_MS
    this.#flushes++
    this.#characters = 0
    this.flush()
  }

  /** Once, when everything that began after the close has ended; the promise of the host's that covers it is new. */
  #leaveLate(): void {
    const { attempt, losses } = this.config
    const records = this.buffer.records()
    if (this.#pending > 0 || !(records.length + this.buffer.logs.length) || records.some(({ endMs }) => endMs === 0))
      return
    attempt(() =>
      this.#start.keepAlive(
        // One turn of the event loop, for those that end together.
        new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
          if (this.#phase === 'over') return
          this.#phase = 'over'
          const closing = this.buffer
          this.buffer = { ...this.#emptyBuffer(), add: () => losses.add('late', 1, 'after the last export') }
          return this.#leave(closing, true)
        }),
      ),
    )
  }
}

function afterwards(promise: Promise<unknown>, call: () => void): void {
  promise.then(call, call)
}
