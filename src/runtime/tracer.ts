// In: options, or a function from env to options. Out: a Tracer: what adapters and user code start invocations with.
// Must stay true: holds no request state; options are resolved once for each env; a configuration that only a request
// can show to be wrong is reported once, and the request runs untraced.
import { NOTHING } from '../propagate/outbound.ts'
import type { Propagator } from '../propagate/propagator.ts'
import { environmentOptions } from './environment.ts'
import { invoke, untraced } from './invocation.ts'
import type { Handle, InvocationStart } from './invocation-start.ts'
import { type Config, resolveOptions, type TracerOptions } from './options.ts'
import type { Span, SpanOptions, TracedFunction } from './span.ts'

export interface Tracer<Env = unknown> {
  /**
   * Runs `handle` as one invocation: the primitive that every adapter is made of. Returns what `handle` returns and
   * throws what it throws.
   */
  invoke<R>(start: InvocationStart<Env>, handle: Handle<Env, R>): R
}

/**
 * Makes a tracer. Call it at module scope.
 *
 * With no argument everything is read from the `OTEL_*` variables in `env` (Workers: the bindings).
 * @throws {ClewError} when options given as an object are wrong. Options made from `env` are reported at the first
 * request that shows them to be wrong, and the request runs untraced.
 */
export function createTracer<Env = unknown>(options?: TracerOptions | ((env: Env) => TracerOptions)): Tracer<Env> {
  const fixed = typeof options === 'object' ? resolveOptions(options) : undefined
  const fromEnv = typeof options === 'function' ? options : environmentOptions
  const configs = new WeakMap<object, Config>()

  function configOf(env: Env): Config {
    // Hosts without an env have one configuration: this function's.
    const key = typeof env === 'object' && env ? env : configOf
    let config = fixed ?? configs.get(key)
    if (!config) {
      try {
        config = resolveOptions(fromEnv(env))
      } catch (error) {
        console.error(`clew: requests run untraced. ${error}`)
        config = unconfigured()
      }
      configs.set(key, config)
    }
    return config
  }

  return {
    invoke(start, handle) {
      const config = configOf(start.env)
      return (config.propagator === NOTHING_CARRIED ? untraced : invoke)(config, start, handle)
    },
  }
}

const NOTHING_CARRIED: Propagator = { fields: [], extract: (_, context) => context, inject() {} }

/** To carry nothing on, quietly. */
const unconfigured = (): Config =>
  resolveOptions({
    service: 'unknown_service',
    exporter: { export: async () => ({ ok: true }) },
    propagator: NOTHING_CARRIED,
    outbound: () => NOTHING,
    onError() {},
  })

/** A span that does nothing, where there is none to be had. */
export function noSpan<Env>(): Span<Env> {
  return untraced(unconfigured(), { name: '', env: undefined as Env, keepAlive() {} }, (span) => span)
}

/**
 * A function that runs in a child span of the span it is given. The span comes first and shadows the caller's, so that
 * the wrong one cannot be used by accident; to leave it out does not compile.
 */
export function traced<Env, A extends unknown[], R>(
  name: string,
  fn: TracedFunction<Env, A, R>,
  options: SpanOptions = {},
): (span: Span<Env>, ...args: A) => R {
  return (span, ...args) => span.enterSpan(name, options, fn, ...args)
}
