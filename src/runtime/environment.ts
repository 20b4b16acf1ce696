// In: an env with the standard OTEL_* names (OpenTelemetry specification, "Environment Variable Specification").
// Out: options, as if somebody had written them: the names that every bundle can honour.
// Must stay true: an empty value counts as absent; a value that cannot be honoured is reported, never passed over.
import { otlp } from '../flush/otlp.ts'
import type { TracerOptions } from './options.ts'

/** Variables that are not read here, unless they ask for what is the default. */
const UNREAD =
  /^OTEL_(?!(SERVICE_NAME|RESOURCE_ATTRIBUTES|SDK_DISABLED|EXPORTER_OTLP_(TRACES_)?(ENDPOINT|HEADERS))=).*=(?!(tracecontext,baggage|parentbased_always_on|otlp|http\/json)$)./

/** The value of an `OTEL_` variable; empty where it has none. */
export function variable(env: unknown, name: string): string {
  const value = (env as Record<string, unknown> | undefined)?.[`OTEL_${name}`]
  return typeof value === 'string' ? value.trim() : ''
}

/** `value`: empty where it may hold a secret. */
export function warnOf(name: string, value: string, why: string): void {
  console.warn(`clew: OTEL_${name}${value && `=${value}`} is ignored: ${why}`)
}

/** Service, resource, endpoint and headers. */
export function environmentOptions(env: unknown): TracerOptions {
  for (const key in env as object) {
    const name = key.slice(5)
    if (UNREAD.test(`${key}=${variable(env, name)}`))
      warnOf(name, '', 'createTracer(environment) of clew/environment may know it')
  }
  return basicOptions(env)
}

export function basicOptions(env: unknown): TracerOptions {
  const read = (name: string): string => variable(env, name)
  const { 'service.name': service, ...resource } = pairs(env, 'RESOURCE_ATTRIBUTES')
  const tracesUrl = read('EXPORTER_OTLP_TRACES_ENDPOINT')
  return {
    service: read('SERVICE_NAME') || service || 'unknown_service',
    resource,
    enabled: read('SDK_DISABLED').toLowerCase() !== 'true',
    exporter: otlp({
      url: read('EXPORTER_OTLP_ENDPOINT') || 'http://localhost:4318',
      ...(tracesUrl && { tracesUrl }),
      headers: { ...pairs(env, 'EXPORTER_OTLP_HEADERS'), ...pairs(env, 'EXPORTER_OTLP_TRACES_HEADERS') },
    }),
  }
}

/** `k=v,k=v`, percent-decoded. One broken member discards the whole variable (specification, "Resource"). */
export function pairs(env: unknown, name: string): Record<string, string> {
  const text = variable(env, name)
  try {
    return Object.fromEntries(
      text
        .split(',')
        .filter((member) => member.trim())
        .map((member) => {
          const [, key, value] = /^\s*([^=]*[^=\s])\s*=(.*)$/.exec(member)!
          return [decodeURIComponent(key!), decodeURIComponent(value!.trim())]
        }),
    )
  } catch {
    warnOf(name, '', 'it is no list of key=value')
    return {}
  }
}
