// In: an env with the standard OTEL_* names (OpenTelemetry specification, "Environment Variable Specification").
// Out: options, as if somebody had written them: every name and value that clew has a part for.
// Must stay true: an empty value counts as absent; a value that cannot be used is reported and counts as absent.
import { consoleExporter } from '../flush/console.ts'
import type { Exporter } from '../flush/exporter.ts'
import { gzip } from '../flush/gzip.ts'
import { json } from '../flush/json.ts'
import { type OtlpOptions, otlp } from '../flush/otlp.ts'
import { protobuf } from '../flush/protobuf.ts'
import { propagatorsNamed } from '../propagate/propagators.ts'
import { samplerFromEnv } from '../sampling/env-sampler.ts'
import { basicOptions, pairs, variable, warnOf } from './environment.ts'
import type { Limits } from './limits.ts'
import { type ExceptionSignal, logs } from './logs.ts'
import type { TracerOptions } from './options.ts'

const LIMITS = {
  attributeCountLimit: ['SPAN_ATTRIBUTE_COUNT_LIMIT', 'ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  eventCountLimit: ['SPAN_EVENT_COUNT_LIMIT'],
  linkCountLimit: ['SPAN_LINK_COUNT_LIMIT'],
  attributePerEventCountLimit: ['EVENT_ATTRIBUTE_COUNT_LIMIT'],
  attributePerLinkCountLimit: ['LINK_ATTRIBUTE_COUNT_LIMIT'],
} as const

/** Discards what it is given, for `OTEL_TRACES_EXPORTER=none`. */
const NOWHERE: Exporter = { export: () => Promise.resolve({ ok: true }) }

/**
 * Every `OTEL_*` variable that has a meaning for traces on a host like this: `createTracer(environment)`.
 * `createTracer()` alone honours service, resource, endpoint and headers, and is smaller.
 */
export function environment(env: unknown): TracerOptions {
  const first = (names: readonly string[]): readonly [name: string, value: string] => {
    const name = names.find((each) => variable(env, each)) ?? names[0] ?? ''
    return [name, variable(env, name)]
  }
  const number = (...names: readonly string[]): number | undefined => {
    const [name, value] = first(names)
    if (/^\d{1,15}$/.test(value)) return Number(value)
    if (value) warnOf(name, value, 'it is no whole number')
    return undefined
  }
  const disabled = variable(env, 'SDK_DISABLED').toLowerCase()
  if (disabled && disabled !== 'true' && disabled !== 'false')
    warnOf('SDK_DISABLED', disabled, 'it is not true or false')

  const limits: { -readonly [name in keyof Limits]?: number } = {}
  for (const [limit, names] of Object.entries(LIMITS)) {
    const value = number(...names)
    if (value !== undefined) limits[limit as keyof Limits] = value
  }

  const options: { -readonly [name in keyof TracerOptions]: TracerOptions[name] } = { ...basicOptions(env), limits }
  const { propagator, unknown } = propagatorsNamed(variable(env, 'PROPAGATORS'))
  for (const name of unknown) warnOf('PROPAGATORS', name, 'there is no such format')
  options.propagator = propagator
  const sampler = variable(env, 'TRACES_SAMPLER')
  if (sampler) {
    const { sampler: found, problem } = samplerFromEnv(sampler, variable(env, 'TRACES_SAMPLER_ARG'))
    if (problem) warnOf('TRACES_SAMPLER', sampler, problem)
    options.sampler = found
  }
  const logsExporter = variable(env, 'LOGS_EXPORTER').toLowerCase()
  const signals = variable(env, 'SEMCONV_EXCEPTION_SIGNAL_OPT_IN')
    .toLowerCase()
    .split(/\s*,\s*/)
  const exceptions: ExceptionSignal = signals.includes('logs/dup')
    ? 'both'
    : signals.includes('logs')
      ? 'logs'
      : 'events'
  if (logsExporter && !/^(otlp|console|none)$/.test(logsExporter))
    warnOf('LOGS_EXPORTER', logsExporter, 'there is no such exporter')
  // Console lines come by themselves; records only to who asked for them.
  if (logsExporter || exceptions !== 'events')
    options.logs = logs({
      otlp: logsExporter === 'otlp' || exceptions !== 'events',
      console: logsExporter === 'none' ? 'none' : 'json',
      exceptions,
    })
  options.exporter = exporterNamed(variable(env, 'TRACES_EXPORTER').toLowerCase()) ?? otlp(otlpOptions())
  return options

  function exporterNamed(name: string): Exporter | undefined {
    if (name === 'none') return NOWHERE
    if (name === 'console') return consoleExporter()
    if (name && name !== 'otlp') warnOf('TRACES_EXPORTER', name, 'there is no such exporter')
    return undefined
  }

  function otlpOptions(): OtlpOptions {
    const tracesUrl = variable(env, 'EXPORTER_OTLP_TRACES_ENDPOINT')
    const logsUrl = variable(env, 'EXPORTER_OTLP_LOGS_ENDPOINT')
    const timeoutMs = number('EXPORTER_OTLP_TRACES_TIMEOUT', 'EXPORTER_OTLP_TIMEOUT')
    const [protocolName, protocol] = first(['EXPORTER_OTLP_TRACES_PROTOCOL', 'EXPORTER_OTLP_PROTOCOL'])
    if (protocol && protocol !== 'http/json' && protocol !== 'http/protobuf')
      warnOf(protocolName, protocol, 'only http/protobuf and http/json are spoken here')
    const [compressionName, compression] = first(['EXPORTER_OTLP_TRACES_COMPRESSION', 'EXPORTER_OTLP_COMPRESSION'])
    if (compression && compression !== 'gzip' && compression !== 'none')
      warnOf(compressionName, compression, 'only gzip and none are known')
    return {
      url: variable(env, 'EXPORTER_OTLP_ENDPOINT') || 'http://localhost:4318',
      ...(tracesUrl && { tracesUrl }),
      ...(logsUrl && { logsUrl }),
      headers: { ...pairs(env, 'EXPORTER_OTLP_HEADERS'), ...pairs(env, 'EXPORTER_OTLP_TRACES_HEADERS') },
      // 0 means no limit; the host's own remains.
      ...(timeoutMs !== undefined && { timeoutMs: timeoutMs || 2 ** 31 - 1 }),
      encoder: protocol === 'http/json' ? json() : protobuf(),
      ...(compression === 'gzip' && { compression: gzip() }),
    }
  }
}
