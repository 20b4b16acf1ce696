// In: an env with the standard OTEL_* names (OpenTelemetry specification, "Environment Variable Specification").
// Out: options, as if somebody had written them.
// Must stay true: an empty value counts as absent; a value that cannot be used is reported and counts as absent.

import type { Encoder } from '../flush/encoder.ts'
import type { Exporter } from '../flush/exporter.ts'
import type { Compression } from '../flush/otlp.ts'
import { otlp } from '../flush/otlp.ts'
import { composite } from '../propagate/composite.ts'
import type { Propagator } from '../propagate/propagator.ts'
import { baggage, traceContext } from '../propagate/w3c.ts'
import { alwaysOff, alwaysOn } from '../sampling/always.ts'
import { parentBased } from '../sampling/parent-based.ts'
import { traceIdRatio } from '../sampling/ratio.ts'
import type { Sampler } from '../sampling/sampler.ts'
import type { Limits } from './limits.ts'
import type { TracerOptions } from './options.ts'

/**
 * What the variables may name beyond the parts every bundle carries (W3C formats, the stock samplers, OTLP/JSON). Each
 * answers with nothing for a name it does not know. `clew/environment` has them all.
 */
export interface EnvironmentParts {
  readonly propagator?: (name: string) => Propagator | undefined
  readonly sampler?: (name: string, argument: string | undefined) => Sampler | undefined
  readonly exporter?: (name: string) => Exporter | undefined
  readonly encoder?: (protocol: string) => Encoder | undefined
  readonly compression?: (name: string) => Compression | undefined
}

const LIMITS = {
  attributeCountLimit: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  eventCountLimit: ['OTEL_SPAN_EVENT_COUNT_LIMIT'],
  linkCountLimit: ['OTEL_SPAN_LINK_COUNT_LIMIT'],
  attributePerEventCountLimit: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'],
  attributePerLinkCountLimit: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'],
} as const

const NO_EXPORTER: Exporter = { export: () => Promise.resolve({ ok: true }) }

export function environmentOptions(
  env: unknown,
  parts: EnvironmentParts = {},
  warn: (message: string) => void = (message) => console.warn(`clew: ${message}`),
): TracerOptions {
  /** The value of the first of these names that has one. */
  const read = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const value: unknown = (env as Record<string, unknown> | null | undefined)?.[`OTEL_${name}`]
      if (typeof value === 'string' && value.trim()) return value.trim()
    }
    return undefined
  }
  const unusable = (name: string, value: string): undefined => {
    warn(
      `OTEL_${name}=${value} is unknown here and ignored; createTracer(environment) of clew/environment knows every value`,
    )
  }
  const number = (...names: readonly string[]): number | undefined => {
    const value = read(...names)
    if (value === undefined || /^\d{1,15}$/.test(value)) return value === undefined ? undefined : Number(value)
    warn(`OTEL_${names[0]}=${value} is not a whole number and ignored`)
    return undefined
  }
  const pairs = (name: string): Record<string, string> => {
    try {
      return parsePairs(read(name) ?? '')
    } catch {
      warn(`OTEL_${name} is not a list of key=value and ignored`)
      return {}
    }
  }

  function propagator(): Propagator | undefined {
    const names = read('PROPAGATORS')
    if (!names) return undefined
    const known: Record<string, (() => Propagator) | undefined> = { tracecontext: traceContext, baggage }
    return composite(
      [...new Set(names.toLowerCase().split(','))].flatMap((each) => {
        const name = each.trim()
        if (name === 'none' || name === '') return []
        const found = known[name]?.() ?? parts.propagator?.(name)
        return found ?? unusable('PROPAGATORS', name) ?? []
      }),
    )
  }

  function sampler(): Sampler | undefined {
    const name = read('TRACES_SAMPLER')?.toLowerCase()
    if (!name) return undefined
    const argument = read('TRACES_SAMPLER_ARG')
    const root = name.replace(/^parentbased_/, '')
    let found: Sampler | undefined
    if (root === 'always_on') found = alwaysOn()
    else if (root === 'always_off') found = alwaysOff()
    else if (root === 'traceidratio') found = traceIdRatio(ratio(argument))
    if (found) return root === name ? found : parentBased({ root: found })
    return parts.sampler?.(name, argument) ?? unusable('TRACES_SAMPLER', name)
  }

  function ratio(argument: string | undefined): number {
    const value = Number(argument ?? 1)
    if (value >= 0 && value <= 1) return value
    warn(`OTEL_TRACES_SAMPLER_ARG=${argument} is not a ratio between 0 and 1 and ignored`)
    return 1
  }

  function exporter(): Exporter {
    const name = read('TRACES_EXPORTER')?.toLowerCase() ?? 'otlp'
    if (name === 'none') return NO_EXPORTER
    if (name !== 'otlp') {
      const found = parts.exporter?.(name) ?? unusable('TRACES_EXPORTER', name)
      if (found) return found
    }
    const tracesUrl = read('EXPORTER_OTLP_TRACES_ENDPOINT')
    const timeoutMs = number('EXPORTER_OTLP_TRACES_TIMEOUT', 'EXPORTER_OTLP_TIMEOUT')
    const protocol = read('EXPORTER_OTLP_TRACES_PROTOCOL', 'EXPORTER_OTLP_PROTOCOL') ?? 'http/json'
    const encoder = parts.encoder?.(protocol)
    if (!encoder && protocol !== 'http/json') unusable('EXPORTER_OTLP_PROTOCOL', protocol)
    const compressionName = read('EXPORTER_OTLP_TRACES_COMPRESSION', 'EXPORTER_OTLP_COMPRESSION') ?? 'none'
    const compression = parts.compression?.(compressionName)
    if (!compression && compressionName !== 'none') unusable('EXPORTER_OTLP_COMPRESSION', compressionName)
    return otlp({
      url: read('EXPORTER_OTLP_ENDPOINT') ?? 'http://localhost:4318',
      ...(tracesUrl && { tracesUrl }),
      headers: { ...pairs('EXPORTER_OTLP_HEADERS'), ...pairs('EXPORTER_OTLP_TRACES_HEADERS') },
      ...(timeoutMs !== undefined && { timeoutMs: timeoutMs || Infinity }),
      ...(encoder && { encoder }),
      ...(compression && { compression }),
    })
  }

  const limits: { -readonly [name in keyof Limits]?: number } = {}
  for (const name in LIMITS) {
    const value = number(...LIMITS[name as keyof typeof LIMITS])
    if (value !== undefined) limits[name as keyof typeof LIMITS] = value
  }
  const resource = pairs('RESOURCE_ATTRIBUTES')
  const disabled = read('SDK_DISABLED')?.toLowerCase() ?? 'false'
  if (disabled !== 'true' && disabled !== 'false')
    warn(`OTEL_SDK_DISABLED=${disabled} is not true or false and ignored`)
  const chosenPropagator = propagator()
  const chosenSampler = sampler()
  return {
    service: read('SERVICE_NAME') ?? resource['service.name'] ?? 'unknown_service',
    resource: withoutServiceName(resource),
    exporter: exporter(),
    limits,
    enabled: disabled !== 'true',
    ...(chosenPropagator && { propagator: chosenPropagator }),
    ...(chosenSampler && { sampler: chosenSampler }),
  }
}

/** `k=v,k=v`, percent-decoded. Throws where a member has no `=` or a broken escape: then none of it counts. */
function parsePairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const member of text.split(',')) {
    if (!member.trim()) continue
    const at = member.indexOf('=')
    const key = decodeURIComponent(member.slice(0, at).trim())
    if (at < 0 || !key) throw new TypeError(member)
    pairs[key] = decodeURIComponent(member.slice(at + 1).trim())
  }
  return pairs
}

function withoutServiceName({ 'service.name': _, ...rest }: Record<string, string>): Record<string, string> {
  return rest
}
