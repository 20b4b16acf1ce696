// In: nothing. Out: what an adapter tells of an event, and what it may do with the invocation that comes of it, as types.
// Must stay true: a host is described by these alone; nothing else of an invocation is an adapter's business.
import type { Attributes, SpanKind } from '../flush/model.ts'
import type { Getter, PropagationContext, Propagator } from '../propagate/propagator.ts'
import type { TimeInput } from './clock.ts'
import type { IdGenerator } from './ids.ts'
import type { Link, Span } from './span.ts'

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
