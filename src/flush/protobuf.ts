// In: a batch. Out: OTLP/protobuf, each function under the message of opentelemetry-proto 1.11 that it writes.
// Must stay true: fields are written last to first (see bytes.ts), repeated ones too, so that they are read in order;
// a tag is `field << 3 | wire type`; defaults are left out.
import { begin, byte, close, double, finish, fixed32, hex, int64, mark, nanos, raw, utf8, varint } from './bytes.ts'
import { dropAttributes } from './drops.ts'
import type { Encoder, PartialSuccess } from './encoder.ts'
import type { Attributes, Batch, EventRecord, LinkRecord, LogRecord, SpanRecord } from './model.ts'
import { type CleanValue, clean, isAbsent, isInt, MAX_TIME_MS } from './value.ts'

/** The OTLP/protobuf encoder: about 40 % of the bytes of `json()`. */
export function protobuf(): Encoder {
  let owner: Batch['resource'] | undefined
  let resource: Uint8Array | undefined
  /** `Export…ServiceRequest` 1, `Resource…` 1 resource 2 scope 3 schema_url, `Scope…` 1 scope 2 records 3 schema_url. */
  const request = <Item>(
    { resource: from, scope, dropped }: Batch,
    items: readonly Item[],
    write: (item: Item) => void,
  ): Uint8Array<ArrayBuffer> => {
    if (owner !== from || !resource) {
      begin()
      attributes(0x0a, from.attributes)
      close(0x0a, 0)
      resource = finish()
      owner = from
    }
    begin()
    text(0x1a, from.schemaUrl)
    const group = mark()
    text(0x1a, scope.schemaUrl ?? '')
    list(0x12, items, write)
    const library = mark()
    attributes(0x1a, dropAttributes(dropped))
    text(0x12, scope.version)
    text(0x0a, scope.name)
    close(0x0a, library)
    close(0x12, group)
    raw(resource)
    close(0x0a, 0)
    return finish()
  }
  return {
    contentType: 'application/x-protobuf',
    traces: (batch) => request(batch, batch.spans, span),
    logs: (batch) => request(batch, batch.logs, log),
    answer,
  }
}

/** `Span` */
function span(s: SpanRecord): void {
  flags(0x85, s.traceFlags, s.parentIsRemote)
  if (s.statusCode) {
    const from = mark()
    number(0x18, s.statusCode)
    text(0x12, s.statusMessage)
    close(0x7a, from)
  }
  number(0x70, s.droppedLinks)
  list(0x6a, s.links, link)
  number(0x60, s.droppedEvents)
  list(0x5a, s.events, event)
  number(0x50, s.droppedAttributes)
  attributes(0x4a, s.attributes)
  time(0x41, s.endMs)
  time(0x39, s.startMs)
  number(0x30, s.kind + 1)
  text(0x2a, s.name)
  id(0x22, s.parentSpanId)
  text(0x1a, s.traceState)
  id(0x12, s.spanId)
  id(0x0a, s.traceId)
}

/** `Span.Event` */
function event(e: EventRecord): void {
  number(0x20, e.droppedAttributes)
  attributes(0x1a, e.attributes)
  text(0x12, e.name)
  time(0x09, e.timeMs)
}

/** `Span.Link` */
function link(l: LinkRecord): void {
  flags(0x35, l.traceFlags, l.isRemote)
  number(0x28, l.droppedAttributes)
  attributes(0x22, l.attributes)
  text(0x1a, l.traceState)
  id(0x12, l.spanId)
  id(0x0a, l.traceId)
}

/** `LogRecord` */
function log(l: LogRecord): void {
  text(0x62, l.eventName)
  time(0x59, l.timeMs)
  if (l.traceId) {
    id(0x52, l.spanId)
    id(0x4a, l.traceId)
    fixed32(l.traceFlags & 255)
    byte(0x45)
  }
  number(0x38, l.droppedAttributes)
  attributes(0x32, l.attributes)
  const from = mark()
  value(l.body)
  close(0x2a, from)
  text(0x1a, l.severityText)
  number(0x10, l.severityNumber)
  time(0x09, l.timeMs)
}

/** `SpanFlags`: the W3C flags, then "is remote is known", then "is remote". The field's tag has two bytes. */
function flags(tag: number, traceFlags: number, isRemote: boolean): void {
  fixed32((traceFlags & 255) | (isRemote ? 0x300 : 0x100))
  varint(tag)
}

/** `repeated KeyValue` */
function attributes(tag: number, all: Attributes): void {
  const keys = Object.keys(all)
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i] as string
    const one = all[key]
    if (!isAbsent(one)) keyValue(tag, key, typeof one === 'object' ? clean(one) : (one as CleanValue))
  }
}

/** `KeyValue` */
function keyValue(tag: number, key: string, entry: CleanValue): void {
  const from = mark()
  inner(entry)
  close(0x12, from)
  text(0x0a, key)
  close(tag, from)
}

/** `AnyValue` */
const value = (v: unknown): void => inner(typeof v === 'object' ? clean(v) : isAbsent(v) ? null : (v as CleanValue))

function inner(v: CleanValue): void {
  const from = mark()
  if (typeof v === 'string') {
    utf8(v)
    close(0x0a, from)
  } else if (isInt(v)) {
    int64(v)
    byte(0x18)
  } else if (typeof v === 'boolean') {
    byte(v ? 1 : 0)
    byte(0x10)
  } else if (typeof v === 'number') {
    double(v)
    byte(0x21)
  } else if (typeof v === 'bigint') {
    utf8(String(v))
    close(0x0a, from)
  } else if (v instanceof Uint8Array) {
    raw(v)
    close(0x3a, from)
  } else if (Array.isArray(v)) {
    list(0x0a, v, inner)
    close(0x2a, from)
  } else if (v) {
    for (const [key, entry] of [...v].reverse()) keyValue(0x0a, key, entry)
    close(0x32, from)
  }
}

function list<Item>(tag: number, items: readonly Item[], write: (item: Item) => void): void {
  for (let i = items.length - 1; i >= 0; i--) {
    const from = mark()
    write(items[i] as Item)
    close(tag, from)
  }
}

function text(tag: number, said: string): void {
  if (!said) return
  const from = mark()
  utf8(said)
  close(tag, from)
}

function id(tag: number, digits: string): void {
  if (!digits) return
  hex(digits)
  byte(digits.length >> 1)
  byte(tag)
}

function number(tag: number, count: number): void {
  if (!count) return
  varint(count)
  byte(tag)
}

function time(tag: number, ms: number): void {
  nanos(ms > 0 && ms < MAX_TIME_MS ? ms : 0)
  byte(tag)
}

/** `Export…ServiceResponse` 1 partial_success: 1 rejected_…, 2 error_message. */
function answer(body: Uint8Array): PartialSuccess {
  let rejected = 0
  let message = ''
  for (const [tag, partial] of fields(body)) {
    if (tag !== 0x0a) continue
    for (const [tag, said] of fields(partial as Uint8Array)) {
      if (tag === 0x08) rejected = said as number
      if (tag === 0x12) message = new TextDecoder().decode(said as Uint8Array)
    }
  }
  return { rejected, message }
}

/** The varints and length-delimited fields of a message, up to the first of another kind. */
function* fields(message: Uint8Array): Generator<[tag: number, value: number | Uint8Array]> {
  let at = 0
  const next = (): number => {
    let value = 0
    let scale = 1
    for (let digit = 128; digit > 127; scale *= 128) {
      digit = message[at++] ?? 0
      value += (digit & 127) * scale
    }
    return value
  }
  while (at < message.length) {
    const tag = next()
    const value = next()
    if ((tag & 7) === 0) yield [tag, value]
    else if ((tag & 7) === 2) yield [tag, message.subarray(at, (at += value))]
    else return
  }
}
