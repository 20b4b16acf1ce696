// In: the invocation a span belongs to and the span above it. Out: the one object that user code holds.
// Must stay true: every method may be called at any time, in any order, with anything, and never throws; after `end`
// all but the making of children is without effect. An unrecorded span is one that had ended before it began.
import {
  type Attributes,
  type AttributeValue,
  type LinkRecord,
  SpanKind,
  type SpanRecord,
  StatusCode,
} from '../flush/model.ts'
import type { SpanContext } from '../propagate/span-context.ts'
import type { TraceState } from '../propagate/trace-state.ts'
import type { Lineage, OpenRecord, SpanBuffer } from './buffer.ts'
import { type Clock, epochMs, type TimeInput } from './clock.ts'
import { describeException } from './exception.ts'
import { type FetchOptions, tracedFetch } from './fetch.ts'
import type { IdGenerator } from './ids.ts'
import { define, type Limits, limitAttributes } from './limits.ts'
import { follow, type Outcome } from './outcome.ts'

/** A link to another span: as in the OpenTelemetry API. */
export interface Link {
  readonly context: SpanContext
  readonly attributes?: Attributes
}

/** The code as the OpenTelemetry API numbers it, or as Cloudflare's tracing names it. */
export interface SpanStatus {
  readonly code: StatusCode | 'unset' | 'ok' | 'error'
  /** Kept with an error only (OpenTelemetry specification, trace API, "Set Status"). */
  readonly message?: string
}

export interface SpanOptions {
  /** Default `SpanKind.INTERNAL`. */
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  readonly links?: readonly Link[]
  /** Default: now. */
  readonly startTime?: TimeInput
}

/** What a traced callback looks like: the span comes first and shadows the outer one. */
export type Traced<Env, A extends unknown[], R> = (span: Span<Env>, ...args: A) => R

/** The host's `fetch`, with a third argument for the span that the call becomes. */
export type SpanFetch = (input: string | URL | Request, init?: RequestInit, options?: FetchOptions) => Promise<Response>

/**
 * A place in a trace, and the only context there is. Its verbs are the OpenTelemetry API's and Cloudflare's own
 * tracing's, so that code typed against either takes it as it is.
 */
export interface Span<Env = unknown> {
  /**
   * Runs `fn` in a child span that ends itself: when `fn` returns, when the promise it returned settles, or when the
   * generator it returned is exhausted. What `fn` throws is recorded and thrown on, the same object.
   */
  enterSpan<A extends unknown[], R>(name: string, fn: Traced<Env, A, R>, ...args: A): R
  enterSpan<A extends unknown[], R>(name: string, options: SpanOptions, fn: Traced<Env, A, R>, ...args: A): R
  /** Starts a child span that you end, by `end()` or by `using`. One that is forgotten is exported, marked as unfinished. */
  startSpan(name: string, options?: SpanOptions): Span<Env>
  /** Fetches in a CLIENT span that carries the trace to the other side. May be handed detached to any SDK that takes a fetch. */
  readonly fetch: SpanFetch
  /** The host's bindings, traced under this span. */
  readonly env: Env
  /** Extends the invocation until `promise` settles, as the host's `waitUntil` does. */
  waitUntil(promise: Promise<unknown>): void

  /** Overwrites. `undefined` and an empty key are ignored; over 128 keys, new ones are dropped and counted. */
  setAttribute(key: string, value: AttributeValue): this
  setAttributes(attributes: Attributes): this
  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this
  addLink(link: Link): this
  addLinks(links: readonly Link[]): this
  /** `Ok` is final, `Error` beats unset, setting unset does nothing (specification, trace API, "Set Status"). */
  setStatus(status: SpanStatus): this
  /** Adds an `exception` event with type, message and stack, causes included. Does not set the status. */
  recordException(exception: unknown, time?: TimeInput): void
  updateName(name: string): this
  spanContext(): SpanContext
  /** False once ended, and for a span that nobody will see. */
  isRecording(): boolean
  /** Cloudflare's name for {@link isRecording}. */
  readonly isTraced: boolean
  /** The first call counts; a time before the start counts as the start. */
  end(time?: TimeInput): void
  [Symbol.dispose](): void
}

/** The host's own fetch. */
export type HostFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What a span needs of its invocation. */
export interface SpanOwner<Env> {
  readonly now: Clock
  readonly ids: IdGenerator
  readonly limits: Limits
  readonly buffer: SpanBuffer
  readonly traceState: TraceState | undefined
  readonly fetch: HostFetch
  /** Writes the trace into the headers of a request. */
  inject(context: SpanContext, headers: Headers): void
  /** The host's env, traced under `span`. */
  bind(span: Span<Env>): Env
  waitUntil(promise: Promise<unknown>): void
  /** A span has ended. */
  ended(record: OpenRecord): void
  /** Something of ours failed: counted and reported once, never thrown. */
  failed(error: unknown): void
  /** True when `error` was recorded before, deeper down, so that it is recorded once on its way up. */
  seen(error: unknown): boolean
}

/** Who a span is, before it is anything else. */
export type Identity = Pick<
  SpanRecord,
  'traceId' | 'spanId' | 'parentSpanId' | 'parentIsRemote' | 'traceFlags' | 'traceState'
>

/** `endMs` of a span that nobody will see: its children are itself. */
const UNRECORDED = -1

/** Shared, so that a span without events and links owns no array. */
const NONE: readonly never[] = []

const STATUS = { unset: StatusCode.UNSET, ok: StatusCode.OK, error: StatusCode.ERROR } as const

/** The first span of an invocation. */
export function rootSpan<Env>(
  owner: SpanOwner<Env>,
  identity: Identity,
  name: string,
  options: SpanOptions | undefined,
): RecordingSpan<Env> {
  const { traceId, spanId, parentSpanId, parentIsRemote, traceFlags, traceState } = identity
  const record = openRecord(owner, traceId, spanId, parentSpanId, parentIsRemote, traceFlags, traceState, name, options)
  const span = new RecordingSpan(owner, record, undefined)
  owner.buffer.add(span.record)
  if (options?.links) span.addLinks(options.links)
  return span
}

/** A span that only carries its identity on: what runs under it runs as if alone. */
export function unrecordedSpan<Env>(owner: SpanOwner<Env>, identity: Identity): RecordingSpan<Env> {
  return new RecordingSpan(owner, { ...BLANK, ...identity }, undefined)
}

export class RecordingSpan<Env> implements Span<Env>, Lineage, Outcome {
  readonly record: OpenRecord
  readonly parent: RecordingSpan<Env> | undefined
  readonly #owner: SpanOwner<Env>
  #sets = 0
  #fetch: SpanFetch | undefined
  #env: { readonly bound: Env } | undefined

  constructor(owner: SpanOwner<Env>, record: OpenRecord, parent: RecordingSpan<Env> | undefined) {
    this.#owner = owner
    this.record = record
    this.parent = parent
  }

  startSpan(name: string, options?: SpanOptions): RecordingSpan<Env> {
    const { record } = this
    if (record.endMs === UNRECORDED) return this
    const owner = this.#owner
    try {
      const { traceId, spanId, traceFlags, traceState } = record
      const opened = openRecord(
        owner,
        traceId,
        owner.ids.spanId(),
        spanId,
        false,
        traceFlags,
        traceState,
        name,
        options,
      )
      const child = new RecordingSpan(owner, opened, this)
      owner.buffer.add(child.record)
      if (options?.links) child.addLinks(options.links)
      return child
    } catch (error) {
      // Without a clock or random bytes there is no child: its work goes on, and carries this span's identity.
      owner.failed(error)
      return unrecordedSpan(owner, record)
    }
  }

  enterSpan<R>(name: string, ...rest: unknown[]): R {
    const child = this.startSpan(name, typeof rest[0] === 'function' ? undefined : (rest.shift() as SpanOptions))
    const fn = rest[0] as (...args: unknown[]) => R
    rest[0] = child
    if (child.record.endMs === UNRECORDED) return fn(...rest)
    let result: R
    try {
      result = fn(...rest)
    } catch (error) {
      child.failed(error)
      throw error
    }
    return follow(result, child)
  }

  get fetch(): SpanFetch {
    return (this.#fetch ??= (input, init, options) => this.fetchThrough(this.#owner.fetch, input, init, options))
  }

  /** `fetch` by way of another function than the host's: a service binding's. */
  fetchThrough(
    call: HostFetch,
    input: string | URL | Request,
    init: RequestInit | undefined,
    options: FetchOptions | undefined,
  ): Promise<Response> {
    return tracedFetch(this, this.#owner, call, input, init, options)
  }

  get env(): Env {
    return (this.#env ??= { bound: this.#owner.bind(this) }).bound
  }

  waitUntil(promise: Promise<unknown>): void {
    this.#owner.waitUntil(promise)
  }

  setAttribute(key: string, value: AttributeValue): this {
    const { record } = this
    if (record.endMs !== 0 || value === undefined || key === '') return this
    const { attributes } = record
    const limit = this.#owner.limits.attributeCountLimit
    // Keys are counted exactly only once this many calls could have filled the span; what came with the start is
    // cut when the span leaves.
    if (++this.#sets > limit && !Object.hasOwn(attributes, key) && Object.keys(attributes).length >= limit)
      record.droppedAttributes++
    else define(attributes, key, value)
    return this
  }

  setAttributes(attributes: Attributes): this {
    try {
      for (const key of Object.keys(attributes)) this.setAttribute(key, attributes[key])
    } catch (error) {
      this.#owner.failed(error)
    }
    return this
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (isTime(attributesOrTime)) this.#event(name, {}, attributesOrTime)
    else this.#event(name, attributesOrTime, time)
    return this
  }

  #event(name: string, given: Attributes = {}, time: TimeInput | undefined): void {
    const { record } = this
    const owner = this.#owner
    if (record.endMs !== 0) return
    try {
      const { limits } = owner
      if (record.events.length >= limits.eventCountLimit) {
        record.droppedEvents++
        return
      }
      const { attributes, dropped } = limitAttributes({ ...given }, limits.attributePerEventCountLimit, Infinity)
      const event = { name, timeMs: epochMs(time, owner.now), attributes, droppedAttributes: dropped }
      record.events = append(record.events, event)
    } catch (error) {
      owner.failed(error)
    }
  }

  addLink(link: Link): this {
    const { record } = this
    const owner = this.#owner
    if (record.endMs !== 0) return this
    try {
      const { limits } = owner
      if (record.links.length >= limits.linkCountLimit) record.droppedLinks++
      else record.links = append(record.links, linkRecord(link, limits.attributePerLinkCountLimit))
    } catch (error) {
      owner.failed(error)
    }
    return this
  }

  addLinks(links: readonly Link[]): this {
    for (const link of links) this.addLink(link)
    return this
  }

  setStatus({ code, message = '' }: SpanStatus): this {
    const { record } = this
    const number = typeof code === 'string' ? STATUS[code] : code
    if (record.endMs !== 0 || !number || record.statusCode === StatusCode.OK) return this
    record.statusCode = number
    record.statusMessage = number === StatusCode.ERROR ? String(message) : ''
    return this
  }

  recordException(exception: unknown, time?: TimeInput): void {
    this.#event('exception', describeException(exception).attributes, time)
  }

  updateName(name: string): this {
    if (this.record.endMs === 0) this.record.name = name
    return this
  }

  spanContext(): SpanContext {
    const { traceId, spanId, traceFlags } = this.record
    const { traceState } = this.#owner
    return traceState ? { traceId, spanId, traceFlags, traceState } : { traceId, spanId, traceFlags }
  }

  isRecording(): boolean {
    return this.record.endMs === 0
  }

  /** False for a span that nobody will see, ended or not. */
  isRecorded(): boolean {
    return this.record.endMs !== UNRECORDED
  }

  get isTraced(): boolean {
    return this.isRecording()
  }

  end(time?: TimeInput): void {
    const { record } = this
    const owner = this.#owner
    if (record.endMs !== 0) return
    try {
      record.endMs = Math.max(record.startMs, epochMs(time, owner.now))
    } catch (error) {
      owner.failed(error)
      record.endMs = record.startMs
    }
    if (record.statusCode === StatusCode.ERROR) owner.buffer.protect(this)
    owner.ended(record)
  }

  /** Ends the span after a success. */
  done(): void {
    this.end()
  }

  /** Records what was thrown, once on its whole way up, and ends the span as an error. */
  failed(error: unknown): void {
    if (this.record.endMs !== 0) return
    const { type, message, attributes } = describeException(error)
    if (!this.#owner.seen(error)) this.#event('exception', attributes, undefined)
    if (!Object.hasOwn(this.record.attributes, 'error.type')) this.setAttribute('error.type', type)
    this.setStatus({ code: StatusCode.ERROR, message })
    this.end()
  }

  [Symbol.dispose](): void {
    this.end()
  }
}

const BLANK = {
  name: '',
  kind: SpanKind.INTERNAL,
  startMs: 0,
  endMs: UNRECORDED,
  attributes: {},
  droppedAttributes: 0,
  events: NONE,
  droppedEvents: 0,
  links: NONE,
  droppedLinks: 0,
  statusCode: StatusCode.UNSET,
  statusMessage: '',
} as const

// One literal, so that every record has one hidden class.
function openRecord<Env>(
  owner: SpanOwner<Env>,
  traceId: string,
  spanId: string,
  parentSpanId: string,
  parentIsRemote: boolean,
  traceFlags: number,
  traceState: string,
  name: string,
  options: SpanOptions | undefined,
): OpenRecord {
  return {
    traceId,
    spanId,
    parentSpanId,
    parentIsRemote,
    traceFlags,
    traceState,
    name,
    kind: options?.kind ?? SpanKind.INTERNAL,
    startMs: epochMs(options?.startTime, owner.now),
    endMs: 0,
    // The caller's literal is the caller's: it may be used again for the next span.
    attributes: { ...options?.attributes },
    droppedAttributes: 0,
    events: NONE,
    droppedEvents: 0,
    links: NONE,
    droppedLinks: 0,
    statusCode: StatusCode.UNSET,
    statusMessage: '',
  }
}

/** Pushes, except onto the shared empty array. */
function append<T>(list: readonly T[], item: T): readonly T[] {
  if (list === NONE) return [item]
  ;(list as T[]).push(item)
  return list
}

/** Links as they are recorded. */
export function linkRecords(links: readonly Link[]): LinkRecord[] {
  return links.map((link) => linkRecord(link, Infinity))
}

function linkRecord({ context, attributes: given }: Link, limit: number): LinkRecord {
  const { attributes, dropped } = limitAttributes({ ...given }, limit, Infinity)
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    traceFlags: context.traceFlags,
    traceState: context.traceState?.serialize() ?? '',
    isRemote: context.isRemote ?? false,
    attributes,
    droppedAttributes: dropped,
  }
}

function isTime(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || Array.isArray(value)
}
