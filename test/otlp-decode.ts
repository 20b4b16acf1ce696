// In: the body of an OTLP request as it arrived. Out: the message it holds, decoded by code that is not clew's.
// Must stay true: the judge is protobufjs with the published .proto files; nothing under src is imported.
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

export interface DecodedValue {
  stringValue?: string
  boolValue?: boolean
  /** Decimal. */
  intValue?: string
  doubleValue?: number
  arrayValue?: { values: DecodedValue[] }
  kvlistValue?: { values: DecodedAttribute[] }
  /** Base64. */
  bytesValue?: string
}
export interface DecodedAttribute {
  key: string
  value: DecodedValue
}
export interface DecodedSpan {
  /** Lower-case hex. */
  traceId: string
  spanId: string
  parentSpanId: string
  traceState: string
  name: string
  /** As OTLP numbers them, from 1. */
  kind: number
  /** Decimal nanoseconds. */
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: DecodedAttribute[]
  droppedAttributesCount: number
  events: { timeUnixNano: string; name: string; attributes: DecodedAttribute[]; droppedAttributesCount: number }[]
  droppedEventsCount: number
  links: {
    traceId: string
    spanId: string
    traceState: string
    attributes: DecodedAttribute[]
    droppedAttributesCount: number
    flags: number
  }[]
  droppedLinksCount: number
  status?: { message: string; code: number }
  flags: number
}
export interface DecodedLog {
  timeUnixNano: string
  observedTimeUnixNano: string
  severityNumber: number
  severityText: string
  body?: DecodedValue
  attributes: DecodedAttribute[]
  droppedAttributesCount: number
  flags: number
  traceId: string
  spanId: string
  eventName: string
}
interface DecodedResource {
  attributes: DecodedAttribute[]
}
interface DecodedScope {
  name: string
  version: string
  attributes: DecodedAttribute[]
}
export interface DecodedTraces {
  resourceSpans: {
    resource: DecodedResource
    schemaUrl: string
    scopeSpans: { scope: DecodedScope; schemaUrl: string; spans: DecodedSpan[] }[]
  }[]
}
export interface DecodedMetric {
  name: string
  description: string
  unit: string
  histogram: {
    aggregationTemporality: number
    dataPoints: {
      attributes: DecodedAttribute[]
      /** Decimal. */
      startTimeUnixNano: string
      timeUnixNano: string
      count: string
      sum: number
      min: number
      max: number
      bucketCounts: string[]
      explicitBounds: number[]
      exemplars: { timeUnixNano: string; asDouble: number; spanId: string; traceId: string }[]
    }[]
  }
}
export interface DecodedMetrics {
  resourceMetrics: {
    resource: DecodedResource
    schemaUrl: string
    scopeMetrics: { scope: DecodedScope; schemaUrl: string; metrics: DecodedMetric[] }[]
  }[]
}
export interface DecodedLogs {
  resourceLogs: {
    resource: DecodedResource
    schemaUrl: string
    scopeLogs: { scope: DecodedScope; schemaUrl: string; logRecords: DecodedLog[] }[]
  }[]
}

const root = new protobuf.Root()
root.resolvePath = (_origin, target) => fileURLToPath(new URL(`../viewer/proto/${target}`, import.meta.url))
root.loadSync([
  'opentelemetry/proto/collector/trace/v1/trace_service.proto',
  'opentelemetry/proto/collector/logs/v1/logs_service.proto',
  'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
])
// Newer than the files at hand (opentelemetry-proto 1.5).
root.lookupType('opentelemetry.proto.logs.v1.LogRecord').add(new protobuf.Field('eventName', 12, 'string'))
const tracesType = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest')
const logsType = root.lookupType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest')
const metricsType = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest')

/** Throws on what is not an `ExportTraceServiceRequest`: unknown fields, enum names, ids of another length, bad UTF-8. */
export const decodeTraces = (contentType: string, body: Uint8Array): DecodedTraces =>
  decode(tracesType, contentType, body) as unknown as DecodedTraces

export const decodeMetrics = (contentType: string, body: Uint8Array): DecodedMetrics =>
  decode(metricsType, contentType, body) as unknown as DecodedMetrics

export const decodeLogs = (contentType: string, body: Uint8Array): DecodedLogs =>
  decode(logsType, contentType, body) as unknown as DecodedLogs

/** The service's answer in protobuf, for a collector that rejects `rejected` records. */
export function encodeAnswer(signal: 'traces' | 'logs', rejected: number, message: string): Uint8Array {
  const name = signal === 'traces' ? 'trace.v1.ExportTraceServiceResponse' : 'logs.v1.ExportLogsServiceResponse'
  const type = root.lookupType(`opentelemetry.proto.collector.${name}`)
  const count = signal === 'traces' ? 'rejectedSpans' : 'rejectedLogRecords'
  return type.encode(type.fromObject({ partialSuccess: { [count]: rejected, errorMessage: message } })).finish()
}

function decode(type: protobuf.Type, contentType: string, body: Uint8Array): Record<string, unknown> {
  const message = /json/.test(contentType) ? fromJson(type, body) : type.decode(body)
  const object = type.toObject(message, {
    longs: String,
    enums: Number,
    defaults: true,
    arrays: true,
    bytes: String,
    oneofs: false,
  })
  return tidy(type, object) as Record<string, unknown>
}

function fromJson(type: protobuf.Type, body: Uint8Array): protobuf.Message {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  return type.fromObject(checkJson(type, JSON.parse(text)) as Record<string, unknown>)
}

const IDS: Record<string, number> = { traceId: 16, spanId: 8, parentSpanId: 8 }

/** OTLP/JSON is stricter than proto3 JSON where it counts; ids are hex where protobufjs wants base64. */
function checkJson(type: protobuf.Type, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${type.name} is no object`)
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      const field = type.fields[key]
      if (!field) throw new Error(`${type.name} has no field ${key}`)
      const one = (item: unknown): unknown => {
        field.resolve()
        if (field.resolvedType instanceof protobuf.Type) return checkJson(field.resolvedType, item)
        if (field.resolvedType && typeof item !== 'number') throw new Error(`${key}: enums are numbers`)
        if (/64$/.test(field.type) && !/^-?\d+$/.test(String(item)))
          throw new Error(`${key}: no 64-bit integer: ${item}`)
        if (/64$/.test(field.type) && typeof item !== 'string') throw new Error(`${key}: 64-bit integers are strings`)
        if (field.type === 'double' && !(typeof item === 'number' || /^(NaN|-?Infinity)$/.test(String(item))))
          throw new Error(`${key}: no double: ${item}`)
        if (field.type === 'double') return Number(item)
        if (field.type === 'string' && (typeof item !== 'string' || /\p{Cs}/u.test(item)))
          throw new Error(`${key}: no valid Unicode`)
        if (key in IDS) return hexToBase64(key, item as string)
        return item
      }
      if (field.repeated !== Array.isArray(entry)) throw new Error(`${key}: list or not`)
      return [key, field.repeated ? (entry as unknown[]).map(one) : one(entry)]
    }),
  )
}

function hexToBase64(key: string, hex: string): string {
  if (!/^([0-9a-f]{2})*$/.test(hex) || (hex !== '' && hex.length !== IDS[key]! * 2)) throw new Error(`${key}: ${hex}`)
  return Buffer.from(hex, 'hex').toString('base64')
}

/** Ids as hex; an `AnyValue` with what is set and nothing else; fields OTLP keeps for other signals left out. */
function tidy(type: protobuf.Type, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const out: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    const field = type.fields[key]!.resolve()
    if (key === 'keyStrindex' || key === 'entityRefs' || entry === null) continue
    if (key in IDS) {
      const bytes = Buffer.from(entry as string, 'base64')
      if (bytes.length !== 0 && bytes.length !== IDS[key]) throw new Error(`${key} of ${bytes.length} bytes`)
      out[key] = bytes.toString('hex')
    } else if (field.resolvedType instanceof protobuf.Type) {
      const inner = field.resolvedType
      out[key] = Array.isArray(entry) ? entry.map((item) => tidy(inner, item)) : tidy(inner, entry)
    } else out[key] = entry
  }
  return out
}
