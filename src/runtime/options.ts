// In: what the user wrote, or the OTEL_* names of an environment. Out: one resolved configuration, with no default left.
// Must stay true: parsed once at the door; wrong options throw a ClewError that says what to write instead.
import { type OnDrop, printOnce, warnOncePerReason } from '../flush/drops.ts'
import { ClewError } from '../flush/error.ts'
import type { Exporter } from '../flush/exporter.ts'
import type { Attributes, Resource } from '../flush/model.ts'
import type { Trust } from '../propagate/inbound.ts'
import { EVERYTHING, type OutboundRule, UNLISTED } from '../propagate/outbound.ts'
import type { Getter, Propagator } from '../propagate/propagator.ts'
import type { SpanContext } from '../propagate/span-context.ts'
import { w3c } from '../propagate/w3c.ts'
import { followParent } from '../sampling/follow-parent.ts'
import type { Sampler } from '../sampling/sampler.ts'
import type { TailSampler } from '../sampling/tail-sampler.ts'
import type { TraceBudget } from '../sampling/trace-budget.ts'
import type { Clock } from './clock.ts'
import type { BindingKind } from './cloudflare/bindings/kind.ts'
import { type IdGenerator, idGenerator, type RandomBytes } from './ids.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { jsonLines, type Logs } from './logger.ts'
import { type Losses, losses } from './losses.ts'
import type { Metrics } from './metrics.ts'
import type { Mirror } from './mirror.ts'
import type { Ambient } from './otel/ambient.ts'
import type { HeaderCapture } from './privacy/headers.ts'
import { hooked, type OwnAttributes } from './record.ts'
import { MASK, type Mask, type Redact, type Redactor, type RedactWhere, redactor, redactUrl } from './redact.ts'
import type { SpanCheck } from './testing/span-quality.ts'
import { SCHEMA_URL, VERSION } from './version.ts'

/** Writes what a response shall say of the span that answers. */
export type ResponseHeaders = (headers: Headers, context: SpanContext) => void

export interface TracerOptions {
  /** `service.name`: the name that the waterfall shows. */
  readonly service: string
  /** `service.version`. Default: absent. */
  readonly version?: string
  /** `deployment.environment.name`: `production`, `staging`, … Default: absent. */
  readonly environment?: string
  /** More resource attributes; they beat the ones clew finds out by itself. */
  readonly resource?: Attributes
  /** Where spans go: `otlp({ url })`, `consoleExporter()`, `memoryExporter()`, or your own. */
  readonly exporter: Exporter
  /** Decides at the start what is recorded and what the services downstream are told. Default: `parentBased({ root: alwaysOn() })`. */
  readonly sampler?: Sampler
  /** Decides at the close what is kept, whatever the sampler said. Default: what the sampler chose. */
  readonly tailSampler?: TailSampler
  /**
   * With a tail sampler: `all` records what the head did not choose as well, so that the tail can still keep it;
   * `sampled` spares that cost and loses the errors among it. Default `all`.
   */
  readonly record?: 'all' | 'sampled'
  /** What one kept trace may cost: `collapse()`, `cap({ maxSpans })` of `clew/sampling`, in this order. Default: none. */
  readonly budgets?: readonly TraceBudget[]
  /** Wire formats. Default: `w3c()` of `clew/propagate`, Trace Context and Baggage. */
  readonly propagator?: Propagator
  /**
   * How far a caller's context is trusted: `continue` its trace, begin a new one with a `link` to it, or `ignore` it.
   * Default `continue`; a function decides by the incoming headers.
   */
  readonly trust?: Trust | ((carrier: Getter) => Trust)
  /**
   * What goes along with a call: `outbound({ baggage: ['*.internal.example'] })` of `clew/propagate`. Default: the trace to
   * every host, and baggage to bindings only.
   */
  readonly outbound?: OutboundRule
  /** Writes to the headers of every response: `serverTiming()` of `clew/propagate`, so that a page finds its trace. Default: none. */
  readonly responseHeaders?: ResponseHeaders
  /**
   * Workers: counts a response that is passed on without a length to its end, and tells an origin that breaks off from a client that
   * leaves, at 50 µs of processor time a chunk. Default: only the first chunks, at most 32; the rest passes at no cost.
   */
  readonly countBodies?: boolean
  /** Baggage keys that are copied onto every span. Default: none. */
  readonly baggageKeys?: readonly string[]
  /**
   * Which kinds of bindings are traced, beside those that carry the trace on (`fetch` of service bindings and Durable
   * Objects): `[d1, kv]` or `allBindings` from `clew/bindings`. Of two kinds for one binding the later one counts.
   */
  readonly bindings?: readonly BindingKind[]
  /** Told of every recorded span while it lives: `nativeSpans(tracing)` of `clew/native`. Default: nobody. */
  readonly mirror?: Mirror
  readonly limits?: Partial<Limits>
  /** Where `span.log` writes: `logs()` of `clew/logs`. Default: one JSON line an entry on the console. */
  readonly logs?: Logs
  /**
   * Asked for every value before it is buffered or logged: detectors and hashing of `clew/privacy`, or your own. If it
   * throws, the value is withheld. Beside it, and after it, what looks like a secret is masked.
   */
  readonly redact?: Redact
  /** Ambient context for libraries that know no other: `openTelemetry(api)` of `clew/otel`. Default: there is none. */
  readonly ambient?: Ambient
  /** Duration and count of every invocation, sampled or not: `metrics({ url })` of `clew/metrics`. Default: none. */
  readonly metrics?: Metrics
  /** Looks at the spans that leave, in development: `spanQuality()` of `clew/testing`. Default: nothing does. */
  readonly check?: SpanCheck
  /** The headers that are recorded: `captureHeaders({ request: ['x-tenant'] })` of `clew/privacy`. Default: none. */
  readonly headers?: HeaderCapture
  /** What takes the place of what looks like a secret: `hmac(key)` of `clew/privacy`. Default: `REDACTED`. */
  readonly mask?: Mask
  /** Keys of values that look like secrets and are none, such as `session.id`. Default: none. */
  readonly reveal?: readonly string[]
  /** False turns everything off but propagation (`OTEL_SDK_DISABLED`). Default true. */
  readonly enabled?: boolean
  /** Told of every span that does not leave. Default: one `console.warn` a reason in the life of the isolate. */
  readonly onDrop?: OnDrop
  /** Told when something of clew's own fails; your program never notices. Default: one `console.warn` a message. */
  readonly onError?: (error: unknown) => void
  /** Epoch milliseconds. Default: `Date.now`. */
  readonly now?: Clock
  /** Random bytes for ids. Default: `crypto.getRandomValues`. */
  readonly randomBytes?: RandomBytes
  /** Uniform in [0, 1), for samplers and retries. Default: `Math.random`. */
  readonly random?: () => number
  /** What exporters post with. Default: the host's `fetch` as it is when the tracer is created. */
  readonly fetch?: (input: string, init?: RequestInit) => Promise<Response>
}

/** The options that have a default. */
type Defaulted =
  | 'sampler'
  | 'record'
  | 'budgets'
  | 'propagator'
  | 'trust'
  | 'outbound'
  | 'baggageKeys'
  | 'bindings'
  | 'enabled'
  | 'now'
  | 'random'
  | 'fetch'
  | 'logs'

/** The options, resolved. What it holds of state (ids, losses) an isolate may share. */
export interface Config
  extends Required<Pick<TracerOptions, Defaulted>>,
    Omit<TracerOptions, Defaulted | 'resource' | 'limits'> {
  readonly resource: (host: Attributes | undefined) => Resource
  readonly limits: Limits
  readonly ids: IdGenerator
  readonly losses: Losses
  readonly redactor: Redactor
  /** Reports a failure of our own; never throws. */
  readonly failed: (error: unknown) => void
  /** A copy as it may leave at once: each value as the hook leaves it, without secrets. */
  readonly safe: (attributes: Attributes, where: RedactWhere) => OwnAttributes
  readonly attempt: Attempt
}

/** The answer; `otherwise`, or nothing, where it throws, which is reported. */
export interface Attempt {
  <T>(ask: () => T): T | undefined
  <T>(ask: () => T, otherwise: T): T
}

export function resolveOptions(options: TracerOptions): Config {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as TracerOptions
  const { service, exporter, redact } = given
  if (typeof service !== 'string' || service === '')
    throw new ClewError('invalid_option', 'createTracer({ service }) must be a name')
  if (typeof exporter?.export !== 'function')
    throw new ClewError('missing_endpoint', 'createTracer({ exporter }) must be one, like exporter: otlp({ url })')
  const say = printOnce()
  const onDrop = given.onDrop ?? warnOncePerReason()
  const onError = given.onError ?? ((error) => say(redactUrl(String(error))))
  const hostFetch = given.fetch ?? globalThis.fetch
  const failed = (error: unknown): void => quietly(() => onError(error))
  const attempt = (<T>(ask: () => T, otherwise?: T): T | undefined => {
    try {
      return ask()
    } catch (error) {
      failed(error)
      return otherwise
    }
  }) as Attempt
  const hook: Redact | undefined = redact && ((key, value, where) => attempt(() => redact(key, value, where), MASK('')))
  const withoutSecrets = redactor(given.mask, given.reveal)
  return {
    sampler: followParent,
    record: 'all',
    budgets: [],
    propagator: w3c(),
    trust: 'continue',
    outbound: (target) => (target === 'binding' ? EVERYTHING : UNLISTED),
    baggageKeys: [],
    bindings: [],
    enabled: true,
    now: Date.now,
    random: Math.random,
    logs: jsonLines,
    ...given,
    limits: resolveLimits(given.limits),
    resource: resourceOf(given),
    ids: idGenerator(given.randomBytes ?? ((bytes) => crypto.getRandomValues(bytes))),
    // Called as a plain function: some hosts refuse a fetch that is called as a method.
    fetch: (input, init) => hostFetch(input, init),
    losses: losses((reason, count, message) => quietly(() => onDrop(reason, count, redactUrl(message)))),
    failed,
    attempt,
    redactor: withoutSecrets,
    safe(attributes, where) {
      const all = hooked({ ...attributes }, hook, where)
      withoutSecrets(all)
      return all
    },
    ...(hook && { redact: hook }),
  }
}

/** The user's own hook may throw: there is nobody left to tell. */
function quietly(hook: () => void): void {
  try {
    hook()
  } catch {}
}

function resolveLimits(given: Partial<Limits> = {}): Limits {
  for (const [name, limit] of Object.entries(given))
    if (!(name in DEFAULT_LIMITS) || !(limit >= (name === 'spanCountLimit' ? 1 : 0)))
      throw new ClewError('invalid_option', `limits.${name} is no limit, or ${limit} no number for it`)
  return { ...DEFAULT_LIMITS, ...given }
}

/** The resource for what a host says of itself; made once, because there is one host. */
function resourceOf({ service, version, environment, resource }: TracerOptions): Config['resource'] {
  let made: Resource | undefined
  let madeFor: Attributes | undefined
  return (host) => {
    if (!made || madeFor !== host)
      made = {
        attributes: {
          'service.name': service,
          'telemetry.sdk.name': 'clew',
          'telemetry.sdk.language': 'webjs',
          'telemetry.sdk.version': VERSION,
          ...host,
          ...(version && { 'service.version': version }),
          ...(environment && { 'deployment.environment.name': environment }),
          ...resource,
        },
        schemaUrl: SCHEMA_URL,
      }
    madeFor = host
    return made
  }
}
