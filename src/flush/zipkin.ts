// In: a batch. Out: Zipkin v2 JSON (OpenTelemetry specification, "OpenTelemetry to Zipkin Transformation").
// Must stay true: times in whole microseconds, tags are text; log records have no place in Zipkin and stay unsent.
import { dropAttributes } from './drops.ts'
import type { Exporter } from './exporter.ts'
import type { Attributes, AttributeValue, Batch } from './model.ts'
import { receiver } from './receiver.ts'
import { deliver } from './split.ts'
import { clean, isAbsent, MAX_TIME_MS } from './value.ts'

export interface ZipkinOptions {
  /** The collector's endpoint, used as it is: `https://zipkin.example/api/v2/spans`. */
  readonly url: string
  /** Default none. */
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds for one export with all its tries, and never more than the host leaves. Default 10,000. */
  readonly timeoutMs?: number
}

const KINDS = [undefined, 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const
/** Where the other side's name is, by priority. */
const REMOTE_NAMES = [
  'peer.service',
  'service.peer.name',
  'server.address',
  'network.peer.address',
  'db.namespace',
] as const
/** Zipkin's own limit is 5 MB a request. */
const MAX_BODY_BYTES = 4_000_000

/**
 * Sends Zipkin v2 JSON.
 * @throws {ClewError} `invalid_option` when the URL or a header cannot be used.
 */
export function zipkinExporter({ url, ...options }: ZipkinOptions): Exporter {
  const open = receiver({ url, tracesUrl: url, ...options })
  const encoder = { contentType: 'application/json', traces: zipkinJson, logs: zipkinJson }
  return {
    async export(batch, host) {
      const send = open(host, `${batch.scope.name}/${batch.scope.version}`, encoder)
      const result = await deliver({ ...batch, logs: [] }, encoder, MAX_BODY_BYTES, send)
      return result.ok ? { ok: true } : { ...result, unsent: { ...(result.unsent ?? batch), logs: batch.logs } }
    },
  }
}

/** The body: a list of Zipkin spans. The first one tells of losses: Zipkin has no place for a scope. */
export function zipkinJson({ resource, scope, spans, dropped }: Batch): string {
  const serviceName = resource.attributes['service.name']
  const localEndpoint = { serviceName: serviceName === undefined ? 'unknown_service' : text(serviceName) }
  return JSON.stringify(
    spans.map((span, at) => {
      const { attributes, statusCode, statusMessage } = span
      const remote = REMOTE_NAMES.map((key) => attributes[key]).find((name) => typeof name === 'string' && name)
      const own: Attributes = {
        'otel.scope.name': scope.name,
        'otel.scope.version': scope.version,
        ...(statusCode && { 'otel.status_code': statusCode === 1 ? 'OK' : 'ERROR' }),
        ...(statusCode === 2 && { error: statusMessage }),
        ...counted('attributes', span.droppedAttributes),
        ...counted('events', span.droppedEvents),
        ...counted('links', span.droppedLinks),
        ...(at === 0 && dropAttributes(dropped)),
      }
      return {
        traceId: span.traceId,
        id: span.spanId,
        ...(span.parentSpanId && { parentId: span.parentSpanId }),
        name: span.name.toWellFormed(),
        kind: KINDS[span.kind],
        timestamp: micros(span.startMs),
        duration: Math.max(1, micros(span.endMs) - micros(span.startMs)),
        localEndpoint,
        ...(remote && span.kind !== 0 && span.kind !== 1 && { remoteEndpoint: { serviceName: text(remote) } }),
        annotations: span.events.map((event) => ({
          timestamp: micros(event.timeMs),
          value: Object.keys(event.attributes).length
            ? `${JSON.stringify(event.name.toWellFormed())}: ${JSON.stringify(tags(event.attributes))}`
            : event.name.toWellFormed(),
        })),
        tags: tags({ ...attributes, ...own }),
      }
    }),
  )
}

const counted = (what: string, count: number): Attributes => (count ? { [`otel.dropped_${what}_count`]: count } : {})

const micros = (ms: number): number => (ms > 0 && ms < MAX_TIME_MS ? Math.round(ms * 1000) : 0)

function tags(attributes: Attributes): Record<string, string> {
  const entries = Object.entries(attributes).filter(([, value]) => !isAbsent(value))
  return Object.fromEntries(entries.map(([key, value]) => [key.toWellFormed(), text(value)]))
}

/** Text as it is; lists and maps as JSON (specification, common, "Attribute", mapping to protocols without them). */
function text(value: AttributeValue): string {
  if (typeof value !== 'object') return String(value).toWellFormed()
  return JSON.stringify(clean(value), (_, part: unknown) => {
    if (part instanceof Map) return Object.fromEntries(part)
    if (part instanceof Uint8Array) return btoa(String.fromCharCode(...part))
    if (typeof part === 'number' && !Number.isFinite(part)) return String(part)
    return typeof part === 'bigint' ? String(part) : typeof part === 'string' ? part.toWellFormed() : part
  })
}
