// In: a batch. Out: OTLP/JSON text, written in one pass by concatenation.
// Must stay true: proto3 JSON as OTLP 1.11 restricts it: hex ids, integer enums, 64-bit integers as decimal strings; any
// attribute value can be written and ends, and says what `clean` (value.ts) leaves of it for the other encoders.
import type { Encoder } from './encoder.ts'
import type { Attributes, Batch, EventRecord, LinkRecord, LogRecord, SpanRecord } from './model.ts'
import { MAX_DEPTH, MAX_NODES, MAX_TIME_MS } from './value.ts'

/** Attribute keys remembered with their punctuation: a service has some dozens; those beyond are written every time. */
const MAX_NAMES = 500

/** The OTLP/JSON encoder. The resource is written once for as long as the same object comes. */
export function json(): Encoder {
  let owner: Batch['resource'] | undefined
  let resource = ''

  function request(signal: string, field: string, records: string, { resource: from, scope, dropped }: Batch): string {
    if (owner !== from) resource = entries((owner = from).attributes)
    return `{"resource${signal}":[{"resource":{"attributes":[${resource}]},"scope${signal}":[{"scope":{"name":"${escaped(scope.name)}","version":"${escaped(scope.version)}","attributes":[${entries(dropped, 'clew.dropped.')}]},"${field}":[${records}]${text('schemaUrl', scope.schemaUrl)}}]${text('schemaUrl', from.schemaUrl)}}]}`
  }

  return {
    ...jsonRequest,
    traces: (batch) => request('Spans', 'spans', list(batch.spans, span), batch),
    logs: (batch) => request('Logs', 'logRecords', list(batch.logs, log), batch),
  }
}

/** What is said of such a request and in answer to it, for those who send what was encoded elsewhere. */
export const jsonRequest: Pick<Encoder, 'contentType' | 'answer'> = {
  contentType: 'application/json',
  answer(body) {
    const said = (body.length && JSON.parse(new TextDecoder().decode(body)).partialSuccess) || {}
    return { rejected: Number(said.rejectedSpans ?? said.rejectedLogRecords ?? 0), message: said.errorMessage ?? '' }
  },
}

// Appending to one string is what V8 does best: each `+` is a rope of two parts, flattened once when it is sent. What that
// costs is the number of parts, so constants stand together, and keys are remembered with what is around them.

const span = (s: SpanRecord): string =>
  `{${identity(s, s.parentIsRemote ? 0x300 : 0x100)}${s.parentSpanId && `,"parentSpanId":"${s.parentSpanId}"`},"name":"${escaped(s.name)}","kind":${s.kind + 1},"startTimeUnixNano":"${nanos(s.startMs)}","endTimeUnixNano":"${nanos(s.endMs)}",${described(s)}${field('events', list(s.events, event))}${count('Events', s.droppedEvents)}${field('links', list(s.links, link))}${count('Links', s.droppedLinks)}${s.statusCode ? `,"status":{"code":${s.statusCode}${text('message', s.statusMessage)}}` : ''}}`

const event = (e: EventRecord): string =>
  `{"timeUnixNano":"${nanos(e.timeMs)}","name":"${escaped(e.name)}",${described(e)}}`

const link = (l: LinkRecord): string => `{${identity(l, l.isRemote ? 0x300 : 0x100)},${described(l)}}`

const log = (l: LogRecord): string =>
  `{${l.traceId && `${identity(l, 0)},`}"timeUnixNano":"${nanos(l.timeMs)}","observedTimeUnixNano":"${nanos(l.timeMs)}","severityNumber":${l.severityNumber}${text('severityText', l.severityText)},"body":{${value(l.body) ?? ''}},${described(l)}${text('eventName', l.eventName)}}`

/** `remote`: OTLP 1.11, `SpanFlags`: above the W3C flags, "is remote is known" and "is remote". */
const identity = (r: SpanRecord | LinkRecord | LogRecord, remote: number): string =>
  `"traceId":"${r.traceId}","spanId":"${r.spanId}"${text('traceState', (r as SpanRecord).traceState)},"flags":${(r.traceFlags & 255) | remote}`

const described = (r: { readonly attributes: Attributes; readonly droppedAttributes: number }): string =>
  `"attributes":[${entries(r.attributes)}]${count('Attributes', r.droppedAttributes)}`

// Fields that come after others; nothing where they have the default.

const text = (name: string, said: string | undefined): string => (said ? `,"${name}":"${escaped(said)}"` : '')

const field = (name: string, items: string): string => items && `,"${name}":[${items}]`

const count = (what: string, dropped: number): string => (dropped ? `,"dropped${what}Count":${dropped}` : '')

function list<Item>(items: readonly Item[], write: (item: Item) => string): string {
  let out = ''
  for (const item of items) out += (out && ',') + write(item)
  return out
}

/** The items of a list of `KeyValue`. */
function entries(all: Attributes, prefix = '', depth: number = MAX_DEPTH): string {
  let out = ''
  let next = ''
  for (const key of Object.keys(all)) {
    const v = all[key]
    // Most are texts: two parts instead of five each.
    if (typeof v === 'string' && depth === MAX_DEPTH) {
      out += next + named(textNames, prefix + key, '"stringValue":"') + escaped(v)
      next = '"}},'
      continue
    }
    const written = value(v, depth)
    if (written === undefined) continue
    out += next + named(names, prefix + key, '') + written
    next = '}},'
  }
  return out && out + next.slice(0, -1)
}

const names = /* @__PURE__ */ new Map<string, string>()
const textNames = /* @__PURE__ */ new Map<string, string>()

/** A key with all that stands before its value, in one piece. */
function named(known: Map<string, string>, key: string, after: string): string {
  let name = known.get(key)
  if (!name) {
    name = ['{"key":"', escaped(key), '","value":{', after].join('')
    if (known.size < MAX_NAMES) known.set(key, name)
  }
  return name
}

/** Nodes that the attribute which is being written may still have. */
let left = 0

/** What stands between the braces of an `AnyValue`: nothing where it is null, `undefined` where it is absent or one too many. */
function value(v: unknown, depth: number = MAX_DEPTH): string | undefined {
  if (depth === MAX_DEPTH) left = MAX_NODES
  if (left-- <= 0) return undefined
  switch (typeof v) {
    case 'string':
      return `"stringValue":"${escaped(v)}"`
    case 'boolean':
      return `"boolValue":${v}`
    case 'bigint':
      return `"${BigInt.asIntN(64, v) === v ? 'int' : 'string'}Value":"${v}"`
    case 'number':
      return Number.isSafeInteger(v) ? `"intValue":"${v}"` : `"doubleValue":${Number.isFinite(v) ? v : `"${v}"`}`
    case 'object':
      try {
        if (!v) return ''
        if (v instanceof Uint8Array)
          return `"bytesValue":"${btoa(Array.from(v, (byte) => String.fromCharCode(byte)).join(''))}"`
        if (!depth) return ''
        if (!Array.isArray(v)) return `"kvlistValue":{"values":[${entries(v as Attributes, '', depth - 1)}]}`
        let out = ''
        // An index, not an iterator: `new Array(1e9)` must end.
        for (let i = 0; i < v.length && left > 0; i++) out += `${i ? '},{' : ''}${value(v[i], depth - 1) ?? ''}`
        return `"arrayValue":{"values":[${v.length ? `{${out}}` : ''}]}`
      } catch {
        return ''
      }
  }
  return undefined
}

const UNSAFE = /["\\\0-\x1f\ud800-\udfff]/

/** What stands between the quotes of a JSON string. */
const escaped = (said: string): string => (UNSAFE.test(said) ? JSON.stringify(said.toWellFormed()).slice(1, -1) : said)

/** The last times, each in the place that its milliseconds give it: a request has few, and begins and ends at different ones. */
const knownMs: number[] = []
const knownNanos: string[] = []
/** A power of two. */
const KNOWN_TIMES = 16

/**
 * Epoch milliseconds as decimal nanoseconds, exact: the fraction is appended, not multiplied into a double. Numbers beyond
 * 2^31 are slow to print, so some are remembered.
 */
function nanos(ms: number): string {
  const place = ms & (KNOWN_TIMES - 1)
  if (ms !== knownMs[place]) {
    const seconds = Math.floor(ms / 1000)
    const rest = Math.round((ms - seconds * 1000) * 1e6)
    knownNanos[place] =
      ms > 0 && ms < MAX_TIME_MS ? seconds + Math.floor(rest / 1e9) + String(1e9 + (rest % 1e9)).slice(1) : '0'
    knownMs[place] = ms
  }
  return knownNanos[place]!
}
