// In: a batch. Out: OTLP/JSON text, written in one pass by concatenation.
// Must stay true: proto3 JSON as OTLP 1.11 restricts it: hex ids, integer enums, 64-bit integers as decimal strings.
import { dropAttributes } from './drops.ts'
import type { Encoder } from './encoder.ts'
import type { Attributes, Batch, EventRecord, LinkRecord, LogRecord, SpanRecord } from './model.ts'
import { type CleanValue, clean, isAbsent, isInt, MAX_TIME_MS, wellFormed } from './value.ts'

/** Attribute keys remembered with their punctuation: a service has some dozens; those beyond are encoded every time. */
const MAX_KEYS = 500

/** The OTLP/JSON encoder. Resource and scope are encoded once for as long as the same objects come. */
export function json(): Encoder {
  let owner: Batch['resource'] | undefined
  let library: Batch['scope'] | undefined
  let resource = ''
  let scope = ''
  let end = ''
  const request = <Item>(
    signal: string,
    { resource: from, scope: by, dropped }: Batch,
    items: readonly Item[],
    write: (item: Item) => string,
    field: string,
  ): string => {
    if (owner !== from || library !== by) {
      owner = from
      library = by
      resource = flat('":[{"resource":{', attributes(from.attributes, ''), '},"scope')
      scope = flat('":[{"scope":{"name":', quote(by.name), ',"version":', quote(by.version))
      end = flat(text('schemaUrl', by.schemaUrl), '}]', text('schemaUrl', from.schemaUrl), '}]}')
    }
    return `{"resource${signal}${resource}${signal}${scope}${attributes(dropAttributes(dropped))}}${list(field, items, write)}${end}`
  }
  return {
    contentType: 'application/json',
    traces: (batch) => request('Spans', batch, batch.spans, span, 'spans'),
    logs: (batch) => request('Logs', batch, batch.logs, log, 'logRecords'),
    answer(body) {
      // `{}`, or nothing: the ordinary answer, for which no decoder is made (14 µs in a Worker).
      const said = (body.length > 2 && JSON.parse(new TextDecoder().decode(body)).partialSuccess) || {}
      return { rejected: Number(said.rejectedSpans ?? said.rejectedLogRecords ?? 0), message: said.errorMessage ?? '' }
    },
  }
}

// Appending to one string is what V8 does best: each `+=` is a rope of two parts, flattened once when it is sent. What
// that costs is the number of parts, so the few that come often are kept in one piece.

const flat = (...parts: string[]): string => parts.join('')

function span(s: SpanRecord): string {
  let out = opening(s.traceId) + s.spanId
  if (s.parentSpanId) out += `","parentSpanId":"${s.parentSpanId}`
  return `${out}"${state(s.traceState, s.traceFlags, s.parentIsRemote)},"name":"${escaped(s.name)}","kind":${s.kind + 1},"startTimeUnixNano":"${nanos(s.startMs)}","endTimeUnixNano":"${nanos(s.endMs)}"${attributes(s.attributes)}${dropped('Attributes', s.droppedAttributes)}${list('events', s.events, event)}${dropped('Events', s.droppedEvents)}${list('links', s.links, link)}${dropped('Links', s.droppedLinks)}${s.statusCode ? `,"status":{"code":${s.statusCode}${text('message', s.statusMessage)}}}` : '}'}`
}

const event = (e: EventRecord): string =>
  `{"timeUnixNano":"${nanos(e.timeMs)}","name":"${escaped(e.name)}"${attributes(e.attributes)}${dropped('Attributes', e.droppedAttributes)}}`

const link = (l: LinkRecord): string =>
  `${ids(l)}${state(l.traceState, l.traceFlags, l.isRemote)}${attributes(l.attributes)}${dropped('Attributes', l.droppedAttributes)}}`

const log = (l: LogRecord): string =>
  `${l.traceId ? `${ids(l)},"flags":${l.traceFlags & 255},` : '{'}"timeUnixNano":"${nanos(l.timeMs)}","observedTimeUnixNano":"${nanos(l.timeMs)}","severityNumber":${l.severityNumber}${text('severityText', l.severityText)},"body":{${value(l.body)}}${attributes(l.attributes)}${dropped('Attributes', l.droppedAttributes)}${text('eventName', l.eventName)}}`

const ids = ({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): string =>
  `${opening(traceId)}${spanId}"`

let lastTrace = ''
let lastOpening = ''
/** Up to the span id. The last one is remembered: a batch is mostly of one trace. */
function opening(traceId: string): string {
  if (lastTrace !== traceId) lastOpening = flat('{"traceId":"', (lastTrace = traceId), '","spanId":"')
  return lastOpening
}

/** OTLP 1.11, `SpanFlags`: the W3C flags, then "is remote is known", then "is remote". */
const state = (traceState: string, traceFlags: number, isRemote: boolean): string =>
  `${text('traceState', traceState)},"flags":${(traceFlags & 255) | (isRemote ? 0x300 : 0x100)}`

const text = (name: string, said: string | undefined): string => (said ? `,"${name}":"${escaped(said)}"` : '')

const dropped = (what: string, count: number): string => (count ? `,"dropped${what}Count":${count}` : '')

function list<Item>(name: string, items: readonly Item[], write: (item: Item) => string): string {
  let out = ''
  for (const item of items) out += (out ? ',' : `,"${name}":[`) + write(item)
  return out && `${out}]`
}

const keys = /* @__PURE__ */ new Map<string, string>()
const textKeys = /* @__PURE__ */ new Map<string, string>()
const intKeys = /* @__PURE__ */ new Map<string, string>()
function keyed(map: Map<string, string>, key: string, after: string): string {
  let name = map.get(key)
  if (name === undefined) {
    name = flat('{"key":', quote(key), ',"value":{', after)
    if (map.size < MAX_KEYS) map.set(key, name)
  }
  return name
}
/** `all` as a field of the message that is being written; nothing where there are none. */
function attributes(all: Attributes, before = ','): string {
  let out = ''
  let next = `${before}"attributes":[`
  for (const key of Object.keys(all)) {
    const one = all[key]
    if (isAbsent(one)) continue
    out += next
    if (typeof one === 'string' && !UNSAFE.test(one)) {
      out += keyed(textKeys, key, '"stringValue":"') + one
      next = '"}},'
    } else if (isInt(one)) {
      out += keyed(intKeys, key, '"intValue":"') + one
      next = '"}},'
    } else {
      out += keyed(keys, key, '') + value(one)
      next = '}},'
    }
  }
  return out && `${out}${next.slice(0, -1)}]`
}

/** What stands between the braces of an OTLP `AnyValue`. */
const value = (v: unknown): string => inner(typeof v === 'object' ? clean(v) : (v as CleanValue))

function inner(v: CleanValue): string {
  if (typeof v === 'string') return `"stringValue":${quote(v)}`
  if (isInt(v)) return `"intValue":"${v}"`
  if (typeof v === 'boolean') return `"boolValue":${v}`
  if (typeof v === 'number') return `"doubleValue":${v - v === 0 ? v : `"${v}"`}`
  if (typeof v === 'bigint') return `"stringValue":"${v}"`
  if (v instanceof Uint8Array) return `"bytesValue":"${base64(v)}"`
  if (Array.isArray(v)) return `"arrayValue":{"values":[${v.map((item) => `{${inner(item)}}`)}]}`
  if (!v) return ''
  return `"kvlistValue":{"values":[${[...v].map(([key, entry]) => `{"key":${quote(key)},"value":{${inner(entry)}}}`)}]}`
}

const UNSAFE = /["\\\0-\x1f\ud800-\udfff]/

const escaped = (said: string): string => (UNSAFE.test(said) ? JSON.stringify(wellFormed(said)).slice(1, -1) : said)

const quote = (said: string): string => `"${escaped(said)}"`

let lastMs = -1
let lastText = ''

/**
 * Epoch milliseconds as decimal nanoseconds, exact: the fraction is added, not multiplied into a double. The last one
 * is remembered: numbers beyond 2^31 are slow to print, and much of a request happens in one millisecond.
 */
function nanos(ms: number): string {
  if (lastMs !== ms) {
    lastMs = ms
    const at = Math.floor(ms / 1000)
    const rest = Math.round((ms - at * 1000) * 1e6)
    lastText = !(ms > 0 && ms < MAX_TIME_MS)
      ? '0'
      : rest < 1e9
        ? flat(String(at), String(1e9 + rest).slice(1))
        : `${at + 1}000000000`
  }
  return lastText
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
