// In: the invocation a span belongs to, what it inherits, and the span above it. Out: the span that user code holds.
// Must stay true: after `end` all but the making of children is without effect. An unrecorded span is one that had ended
// before it began: the same object, the same methods, nothing kept.
import { type Attributes, type AttributeValue, type LogRecord, type SpanRecord, StatusCode } from '../flush/model.ts'
import type { Baggage } from '../propagate/baggage.ts'
import { attach, carrierIn, carrierOf, type Traced } from '../propagate/carrier.ts'
import type { Getter, PropagationContext } from '../propagate/propagator.ts'
import { RANDOM, SAMPLED, type SpanContext } from '../propagate/span-context.ts'
import type { Lineage } from './buffer.ts'
import { epochMs, type TimeInput } from './clock.ts'
import { describeException } from './exception.ts'
import { type FetchOptions, type HostFetch, hostFetch, tracedFetch } from './fetch.ts'
import { seal } from './limits.ts'
import { type LogContext, type Logger, loggerOf } from './logger.ts'
import type { Config } from './options.ts'
import { tracerOf } from './otel/tracer.ts'
import type { OtelTracer } from './otel/types.ts'
import { type Outcome, runs } from './outcome.ts'
import { append, hooked, type Identity, linkRecord, type OpenRecord, openRecord } from './record.ts'
import { safeBaggage } from './safe-baggage.ts'
import type { ContinueOptions, Link, Span, SpanFetch, SpanOptions, SpanStatus } from './span.ts'
import type { Scope, SpanOwner } from './span-owner.ts'

/** `endMs` of a span that nobody will see: its children are itself. */
const UNRECORDED = -1

const STATUS = { unset: StatusCode.UNSET, ok: StatusCode.OK, error: StatusCode.ERROR } as const

/** A span without a span above it here. Unrecorded, it only carries its identity on. */
export function rootSpan<Env>(
  owner: SpanOwner<Env>,
  scope: Scope,
  identity: Identity,
  name: string,
  options: SpanOptions | undefined,
): RecordingSpan<Env> {
  const { spanId, parentSpanId, parentIsRemote } = identity
  const record = openRecord(options ? owner : UNKEPT, identity, spanId, parentSpanId, parentIsRemote, name, options)
  if (!options) record.endMs = UNRECORDED
  return opened(owner, scope, record, undefined, undefined, options)
}

const UNKEPT = { now: () => 0 }

/** The span of a new record. `above` is the span that was used to start it. */
function opened<Env>(
  owner: SpanOwner<Env>,
  scope: Scope,
  record: OpenRecord,
  parent: RecordingSpan<Env> | undefined,
  above: OpenRecord | undefined,
  options: SpanOptions | undefined,
): RecordingSpan<Env> {
  const span = new RecordingSpan(owner, scope, record, parent)
  if (record.endMs === 0) {
    const { baggageKeys, mirror } = owner
    for (const key of baggageKeys) record.attributes[key] ??= scope.baggage?.get(key)
    owner.buffer.add(record)
    if (options?.links) span.addLinks(options.links)
    mirror?.started(record, above)
  }
  return span
}

export class RecordingSpan<Env> implements Span<Env>, Lineage, Outcome {
  readonly record: OpenRecord
  readonly parent: RecordingSpan<Env> | undefined
  readonly #owner: SpanOwner<Env>
  readonly #scope: Scope
  #sets = 0
  #fetch: SpanFetch | undefined
  #env: Env | undefined

  constructor(owner: SpanOwner<Env>, scope: Scope, record: OpenRecord, parent: RecordingSpan<Env> | undefined) {
    this.#owner = owner
    this.#scope = scope
    this.record = record
    this.parent = parent
  }

  /** For what traces a binding under this span. */
  get config(): Config {
    return this.#owner.config
  }

  startSpan(name: string, options?: SpanOptions): RecordingSpan<Env> {
    const { record } = this
    if (record.endMs === UNRECORDED) return this
    return this.#start(this.#scope, record, record.spanId, false, this, name, options)
  }

  /** Without a clock or random bytes there is no child: its work goes on under this span. */
  #start(
    scope: Scope,
    trace: Pick<SpanRecord, 'traceId' | 'traceFlags' | 'traceState'>,
    parentSpanId: string,
    isRemote: boolean,
    parent: RecordingSpan<Env> | undefined,
    name: string,
    options: SpanOptions | undefined,
  ): RecordingSpan<Env> {
    const owner = this.#owner
    try {
      const record = openRecord(owner, trace, owner.ids.spanId(), parentSpanId, isRemote, name, options)
      return opened(owner, scope, record, parent, this.record, options)
    } catch (error) {
      owner.config.failed(error)
      return new RecordingSpan(owner, this.#scope, { ...this.record, endMs: UNRECORDED }, this)
    }
  }

  enterSpan<R>(name: string, ...rest: unknown[]): R {
    const child = this.startSpan(name, typeof rest[0] === 'function' ? undefined : (rest.shift() as SpanOptions))
    return child.#run(rest)
  }

  /** Calls the first of `rest` with this span in its place, and ends this span with it. */
  #run<R>(rest: unknown[]): R {
    const fn = rest[0] as (...args: unknown[]) => R
    rest[0] = this
    return this.record.endMs === UNRECORDED ? fn(...rest) : runs(this, () => fn(...rest), this)
  }

  continueTrace<R>(from: unknown, start: string | ContinueOptions, ...rest: unknown[]): R {
    const options: ContinueOptions = typeof start === 'string' ? { name: start } : start
    const { config } = this
    const { spanContext, ...scope } = config.attempt<PropagationContext>(
      () => config.propagator.extract(getterOf(from), {}),
      {},
    )
    const isBeside = spanContext && !options.link
    if (isBeside && scope.baggage) scope.baggage = safeBaggage(config, scope.baggage)
    const child = isBeside
      ? this.startBeside({ ...spanContext, isRemote: true }, options.name, options, scope)
      : this.startSpan(options.name, options)
    const other = isBeside ? this.spanContext() : spanContext
    if (other && child !== this) child.addLink({ context: other })
    return child.#run(rest)
  }

  /** A span of another trace in this invocation: under `parent`, or the root of a new one. */
  startBeside(
    parent: SpanContext | undefined,
    name: string,
    options?: SpanOptions,
    scope: Scope = {},
  ): RecordingSpan<Env> {
    const { record } = this
    if (record.endMs === UNRECORDED) return this
    const { traceId, spanId, traceFlags, traceState, isRemote } = parent ?? {
      traceId: this.config.ids.traceId(),
      spanId: '',
      traceFlags: RANDOM,
    }
    // Whether the trace is kept is decided for the invocation as a whole.
    const flags = (traceFlags & RANDOM) | (record.traceFlags & SAMPLED)
    const trace = { traceId, traceFlags: flags, traceState: traceState?.serialize() ?? '' }
    const inherited = traceState ? { ...scope, traceState } : scope
    return this.#start(inherited, trace, spanId, !!isRemote, undefined, name, options)
  }

  get fetch(): SpanFetch {
    return (this.#fetch ??= (input, init, options) => this.fetchThrough(undefined, input, init, options))
  }

  /** `fetch` by way of a binding's instead of the host's. */
  fetchThrough(
    binding: HostFetch | undefined,
    input: string | URL | Request,
    init: RequestInit | undefined,
    options: FetchOptions | undefined,
  ): Promise<Response> {
    return tracedFetch(this, this.config, binding ?? hostFetch, binding !== undefined, input, init, options)
  }

  get env(): Env {
    return (this.#env ??= this.#owner.bind(this))
  }

  waitUntil(promise: Promise<unknown>): void {
    this.#owner.waitUntil(promise)
  }

  carry<T>(payload: T): Traced<T> {
    return attach(payload, carrierOf(this.propagation(), this.config.propagator))
  }

  get baggage(): Baggage | undefined {
    return this.#scope.baggage
  }

  withBaggage(values: Readonly<Record<string, string | undefined>>): Span<Env> {
    const { config } = this
    let baggage = this.#scope.baggage ?? config.propagator.emptyBaggage
    if (baggage) baggage = safeBaggage(config, baggage, values)
    else config.failed('withBaggage needs a propagator that carries baggage')
    return new RecordingSpan(this.#owner, { ...this.#scope, baggage }, this.record, this.parent)
  }

  /** What goes out with whatever this span calls. */
  propagation(): PropagationContext {
    return { ...this.#scope, spanContext: this.spanContext() }
  }

  /** Changes the record of an open span. What the caller's values throw costs themselves, and is reported. */
  #change(change: (record: OpenRecord, config: Config) => void): this {
    const { record, config } = this
    if (record.endMs === 0) config.attempt(() => change(record, config))
    return this
  }

  setAttribute(key: string, value: AttributeValue): this {
    const { record } = this
    if (record.endMs !== 0 || value === undefined || key === '') return this
    const { attributes } = record
    const { limits, redact } = this.#owner.config
    const limit = limits.attributeCountLimit
    if (redact) value = redact(key, value, 'span')
    // Keys are counted only once this many calls could have filled the span; what came with the start is cut at the close.
    if (++this.#sets > limit && !Object.hasOwn(attributes, key) && Object.keys(attributes).length >= limit)
      record.droppedAttributes++
    else if (key === '__proto__') record.attributes = { ...attributes, ['__proto__']: value }
    else attributes[key] = value
    return this
  }

  setAttributes(attributes: Attributes): this {
    return this.#change(() => {
      for (const key of Object.keys(attributes)) this.setAttribute(key, attributes[key])
    })
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    return this.#change((record, { limits, now, redact }) => {
      if (record.events.length >= limits.eventCountLimit) record.droppedEvents++
      else {
        const isTime = isTimeInput(attributesOrTime)
        record.events = append(record.events, {
          name: redact ? String(redact('name', name, 'event')) : name,
          timeMs: epochMs(isTime ? attributesOrTime : time, now),
          attributes: hooked(isTime ? {} : { ...attributesOrTime }, redact, 'event'),
          droppedAttributes: 0,
        })
      }
    })
  }

  addLink(link: Link): this {
    return this.addLinks([link])
  }

  addLinks(links: readonly Link[]): this {
    return this.#change((record, { limits, redact }) => {
      for (const link of links)
        if (record.links.length >= limits.linkCountLimit) record.droppedLinks++
        else record.links = append(record.links, linkRecord(link, redact))
    })
  }

  setStatus({ code, message = '' }: SpanStatus): this {
    const status = typeof code === 'string' ? STATUS[code] : code
    return this.#change((record, { redact }) => {
      if (!status || record.statusCode === StatusCode.OK) return
      record.statusCode = status
      const said = redact ? redact('status.message', message, 'span') : message
      record.statusMessage = status === StatusCode.ERROR ? String(said ?? '') : ''
    })
  }

  recordException(exception: unknown, time?: TimeInput): void {
    if (this.record.endMs === 0) this.#exception(describeException(exception).attributes, time)
  }

  /** An event, unless it is wanted as a log record only. */
  #exception(attributes: Attributes, time?: TimeInput): void {
    const { attempt, logs } = this.config
    if (!attempt(() => logs.exception?.(this, attributes, time))) this.addEvent('exception', attributes, time)
  }

  updateName(name: string): this {
    return this.#change((record, { redact }) => {
      record.name = redact ? String(redact('name', name, 'span')) : name
    })
  }

  spanContext(): SpanContext {
    const { traceId, spanId, traceFlags } = this.record
    const { traceState } = this.#scope
    return traceState ? { traceId, spanId, traceFlags, traceState } : { traceId, spanId, traceFlags }
  }

  isRecording(): boolean {
    return this.record.endMs === 0
  }

  get isTraced(): boolean {
    return this.record.endMs === 0
  }

  get log(): Logger {
    return loggerOf(this)
  }

  logFields(): LogContext {
    const { traceId, spanId, traceFlags } = this.record
    return traceId ? { trace_id: traceId, span_id: spanId, trace_flags: (traceFlags + 256).toString(16).slice(1) } : {}
  }

  get tracer(): OtelTracer {
    return tracerOf(this)
  }

  /** A record that leaves with the spans of this invocation. */
  emit(record: LogRecord): void {
    this.#owner.log?.(record)
  }

  /** False for a span that nobody will see, ended or not. */
  isRecorded(): boolean {
    return this.record.endMs !== UNRECORDED
  }

  end(time?: TimeInput): void {
    const { record } = this
    const owner = this.#owner
    if (record.endMs !== 0) return
    record.endMs = record.startMs
    try {
      record.endMs = Math.max(record.startMs, epochMs(time, owner.now))
    } catch (error) {
      owner.config.failed(error)
    }
    if (record.statusCode === StatusCode.ERROR) owner.buffer.protect(this)
    const { mirror } = owner
    if (mirror) {
      const { limits, redactor } = owner.config
      const shown = { ...record, attributes: { ...record.attributes }, events: [], links: [] }
      seal(shown, limits, redactor)
      mirror.ended(record, shown)
    }
    owner.ended(record)
  }

  /** Ends the span after a success. */
  done(): void {
    this.end()
  }

  /** Records what was thrown, once on its whole way up, and ends the span as an error. */
  failed(error: unknown): void {
    const { record } = this
    if (record.endMs !== 0) return
    const { type, message, attributes } = describeException(error)
    if (!this.#owner.seen(error)) this.#exception(attributes)
    record.attributes['error.type'] ??= type
    this.setStatus({ code: StatusCode.ERROR, message }).end()
  }

  [Symbol.dispose](): void {
    this.end()
  }
}

/** Payloads that carry, carriers, and what has `get` or such `headers`. The richer `getterOf` of `clew/propagate` makes one of anything. */
function getterOf(from: unknown): Getter {
  const source = Object((from as Partial<Request> | null)?.headers ?? carrierIn(from) ?? from) as Record<string, string>
  return typeof source['get'] === 'function'
    ? (source as unknown as Getter)
    : { get: (name) => (typeof source[name] === 'string' ? source[name] : undefined), keys: () => Object.keys(source) }
}

function isTimeInput(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || Array.isArray(value)
}
