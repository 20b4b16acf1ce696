// In: a batch. Out: OTLP/JSON text, written in one pass by concatenation.
// Must stay true: proto3 JSON as OTLP 1.11 restricts it: hex ids, integer enums, 64-bit integers as decimal strings.
import { dropAttributes } from './drops.ts'
import type { Encoder } from './encoder.ts'
import type { Attributes, Batch, EventRecord, LinkRecord, LogRecord, SpanRecord } from './model.ts'
import { type CleanValue, clean, isAbsent, isInt, MAX_TIME_MS, wellFormed } from './value.ts'

/** The OTLP/JSON encoder. Resource and scope are encoded once for as long as the same objects come. */
export function json(): Encoder {
  let resource: Batch['resource'] | undefined
  let scope: Batch['scope'] | undefined
  let owner = ''
  let library = ''
  let end = ''
  const request = <Item>(
    signal: string,
    field: string,
    batch: Batch,
    items: readonly Item[],
    write: (item: Item) => string,
  ): string => {
    if (resource !== batch.resource || scope !== batch.scope) {
      ;({ resource, scope } = batch)
      owner = `":[{"resource":{${attributes(resource.attributes, '')}},"scope`
      library = `":[{"scope":{"name":${quote(scope.name)},"version":${quote(scope.version)}`
      end = `]${schema(scope.schemaUrl)}}]${schema(resource.schemaUrl)}}]}`
    }
    return `{"resource${signal}${owner}${signal}${library}${attributes(dropAttributes(batch.dropped))}},"${field}":[${list(items, write)}${end}`
  }
  return {
    contentType: 'application/json',
    traces: (batch) => request('Spans', 'spans', batch, batch.spans, span),
    logs: (batch) => request('Logs', 'logRecords', batch, batch.logs, log),
    answer(body) {
      const answer = JSON.parse(new TextDecoder().decode(body) || '{}')?.partialSuccess
      return {
        rejected: Number(answer?.rejectedSpans ?? answer?.rejectedLogRecords ?? 0),
        message: String(answer?.errorMessage ?? ''),
      }
    },
  }
}

const span = (s: SpanRecord): string =>
  `{"traceId":"${s.traceId}","spanId":"${s.spanId}"` +
  (s.parentSpanId && `,"parentSpanId":"${s.parentSpanId}"`) +
  (s.traceState && `,"traceState":${quote(s.traceState)}`) +
  `,"flags":${flags(s.traceFlags, s.parentIsRemote)},"name":${quote(s.name)},"kind":${s.kind + 1},"startTimeUnixNano":"${nanos(s.startMs)}","endTimeUnixNano":"${nanos(s.endMs)}"` +
  attributes(s.attributes) +
  count('Attributes', s.droppedAttributes) +
  (s.events.length ? `,"events":[${list(s.events, event)}]` : '') +
  count('Events', s.droppedEvents) +
  (s.links.length ? `,"links":[${list(s.links, link)}]` : '') +
  count('Links', s.droppedLinks) +
  (s.statusCode
    ? `,"status":{"code":${s.statusCode}${s.statusMessage && `,"message":${quote(s.statusMessage)}`}}}`
    : '}')

const event = (e: EventRecord): string =>
  `{"timeUnixNano":"${nanos(e.timeMs)}","name":${quote(e.name)}${attributes(e.attributes)}${count('Attributes', e.droppedAttributes)}}`

const link = (l: LinkRecord): string =>
  `{"traceId":"${l.traceId}","spanId":"${l.spanId}"${l.traceState && `,"traceState":${quote(l.traceState)}`},"flags":${flags(l.traceFlags, l.isRemote)}${attributes(l.attributes)}${count('Attributes', l.droppedAttributes)}}`

const log = (l: LogRecord): string => {
  const time = nanos(l.timeMs)
  return (
    `{"timeUnixNano":"${time}","observedTimeUnixNano":"${time}","severityNumber":${l.severityNumber},"severityText":${quote(l.severityText)},"body":${value(l.body)}` +
    attributes(l.attributes) +
    count('Attributes', l.droppedAttributes) +
    (l.traceId && `,"flags":${l.traceFlags},"traceId":"${l.traceId}","spanId":"${l.spanId}"`) +
    (l.eventName && `,"eventName":${quote(l.eventName)}`) +
    '}'
  )
}

function list<Item>(items: readonly Item[], write: (item: Item) => string): string {
  let text = ''
  for (const item of items) text += text ? `,${write(item)}` : write(item)
  return text
}

function attributes(all: Attributes, before = ','): string {
  let text = ''
  for (const key of Object.keys(all)) {
    const one = all[key]
    if (!isAbsent(one)) text += `${text && ','}{"key":${quote(key)},"value":${value(one)}}`
  }
  return text && `${before}"attributes":[${text}]`
}

/** OTLP `AnyValue`. */
const value = (v: unknown): string =>
  typeof v === 'string' ? `{"stringValue":${quote(v)}}` : written(typeof v === 'object' ? clean(v) : (v as CleanValue))

function written(v: CleanValue): string {
  if (typeof v === 'string') return `{"stringValue":${quote(v)}}`
  if (isInt(v)) return `{"intValue":"${v}"}`
  if (typeof v === 'number') return `{"doubleValue":${v - v === 0 ? v : `"${v}"`}}`
  if (typeof v === 'boolean') return `{"boolValue":${v}}`
  if (typeof v === 'bigint') return `{"stringValue":"${v}"}`
  if (v instanceof Uint8Array) return `{"bytesValue":"${base64(v)}"}`
  if (v instanceof Map)
    return `{"kvlistValue":{"values":[${list([...v], ([key, entry]) => `{"key":${quote(key)},"value":${written(entry)}}`)}]}}`
  return Array.isArray(v) ? `{"arrayValue":{"values":[${list(v, written)}]}}` : '{}'
}

const UNSAFE = /["\\\0-\x1f\ud800-\udfff]/
const quote = (text: string): string => (UNSAFE.test(text) ? JSON.stringify(wellFormed(text)) : `"${text}"`)

const count = (what: string, dropped: number): string => (dropped ? `,"dropped${what}Count":${dropped}` : '')

const schema = (url: string | undefined): string => (url ? `,"schemaUrl":${quote(url)}` : '')

/** OTLP 1.11, `SpanFlags`: W3C flags, then "is remote is known", then "is remote". */
const flags = (traceFlags: number, isRemote: boolean): number => (traceFlags & 255) | (isRemote ? 0x300 : 0x100)

/** Epoch milliseconds as decimal nanoseconds, exact: the fraction of a double is added, not multiplied into it. */
function nanos(ms: number): string {
  if (!(ms > 0 && ms < MAX_TIME_MS)) return '0'
  if (Number.isInteger(ms)) return `${ms}000000`
  const whole = Math.floor(ms)
  const rest = Math.round((ms - whole) * 1e6)
  return rest < 1e6 ? `${whole}${String(1e6 + rest).slice(1)}` : `${whole + 1}000000`
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
