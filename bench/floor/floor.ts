// In: spans of one request. Out: OTLP, with the least work that still makes it correct.
// A yardstick and not a design: no limits, no sanitising, no escaping beyond what JSON needs, nothing that can fail.
// Ids are pairs of integers until they leave; attributes are the caller's object; the span is the context.
import { CHILD_NAME, CLIENT, EVENT_NAME, eventAttributes, type Peer, ROOT_NAME, SERVER, SERVICE } from '../peer.ts'

const POOL = 256
let pool: Uint32Array<ArrayBuffer> | undefined
let at = POOL

function random(): number {
  if (at === POOL) {
    crypto.getRandomValues((pool ??= new Uint32Array(POOL)))
    at = 0
  }
  return pool![at++]!
}

interface Event {
  readonly name: string
  readonly time: number
  readonly attributes: Record<string, unknown>
}

export class FloorSpan {
  readonly trace: Trace
  readonly parent: FloorSpan | undefined
  readonly name: string
  readonly kind: number
  readonly high: number
  readonly low: number
  readonly start: number
  finish: number
  attributes: Record<string, unknown> | undefined
  events: Event[] | undefined
  status: number

  constructor(
    trace: Trace,
    parent: FloorSpan | undefined,
    name: string,
    kind: number,
    attributes: Record<string, unknown> | undefined,
  ) {
    this.trace = trace
    this.parent = parent
    this.name = name
    this.kind = kind
    this.high = random()
    this.low = random()
    this.start = Date.now()
    this.finish = 0
    this.attributes = attributes
    this.events = undefined
    this.status = 0
    trace.spans.push(this)
  }

  startSpan(name: string, kind: number, attributes?: Record<string, unknown>): FloorSpan {
    return this.trace.isSampled ? new FloorSpan(this.trace, this, name, kind, attributes) : this
  }

  setAttribute(key: string, value: unknown): void {
    ;(this.attributes ??= {})[key] = value
  }

  addEvent(name: string, attributes: Record<string, unknown>): void {
    const event = { name, time: Date.now(), attributes }
    if (this.events) this.events.push(event)
    else this.events = [event]
  }

  recordException(error: Error): void {
    this.addEvent('exception', {
      'exception.type': error.name,
      'exception.message': error.message,
      'exception.stacktrace': error.stack,
    })
    this.status = 2
  }

  traceparent(): string {
    return `00-${this.trace.words.map(hex32).join('')}-${hex32(this.high)}${hex32(this.low)}-01`
  }

  end(): void {
    if (this.trace.isSampled) this.finish = Date.now()
  }
}

export class Trace {
  readonly spans: FloorSpan[] = []
  readonly isSampled: boolean
  readonly words: readonly [number, number, number, number] = [random(), random(), random(), random()]
  constructor(isSampled: boolean) {
    this.isSampled = isSampled
  }
}

let hexTable: string[] | undefined
const hex32 = (word: number): string => {
  const table = (hexTable ??= Array.from({ length: 256 }, (_, byte) => (byte + 256).toString(16).slice(1)))
  return table[word >>> 24]! + table[(word >>> 16) & 255]! + table[(word >>> 8) & 255]! + table[word & 255]!
}

const UNSAFE = /["\\\0-\x1f\ud800-\udfff]/
const quote = (text: string): string => (UNSAFE.test(text) ? JSON.stringify(text) : `"${text}"`)

function value(v: unknown): string {
  if (typeof v === 'string') return `{"stringValue":${quote(v)}}`
  if (typeof v === 'number') return Number.isInteger(v) ? `{"intValue":${v}}` : `{"doubleValue":${v}}`
  return `{"boolValue":${v}}`
}

function jsonAttributes(attributes: Record<string, unknown> | undefined): string {
  let out = ''
  for (const key in attributes) out += `${out && ','}{"key":${quote(key)},"value":${value(attributes[key])}}`
  return out
}

const RESOURCE = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"${SERVICE}"}}]},"scopeSpans":[{"scope":{"name":"floor"},"spans":[`

export function floorJson({ spans, words }: Trace): string {
  const trace = hex32(words[0]) + hex32(words[1]) + hex32(words[2]) + hex32(words[3])
  let out = RESOURCE
  let next = ''
  for (const span of spans) {
    const { parent } = span
    out += `${next}{"traceId":"${trace}","spanId":"${hex32(span.high)}${hex32(span.low)}"`
    if (parent) out += `,"parentSpanId":"${hex32(parent.high)}${hex32(parent.low)}"`
    out += `,"name":${quote(span.name)},"kind":${span.kind + 1},"flags":257,"startTimeUnixNano":"${span.start}000000","endTimeUnixNano":"${span.finish}000000","attributes":[${jsonAttributes(span.attributes)}]`
    if (span.events) {
      out += `,"events":[${span.events.map((event) => `{"timeUnixNano":"${event.time}000000","name":${quote(event.name)},"attributes":[${jsonAttributes(event.attributes)}]}`)}]`
    }
    out += span.status ? `,"status":{"code":${span.status}}}` : '}'
    next = ','
  }
  return `${out}]}]}]}`
}

// Protobuf from the last byte to the first: a length is known by the time it is written.

let bytes: Uint8Array<ArrayBuffer> | undefined
let view: DataView
let head = 0

function room(size: number): void {
  if (bytes && head >= size) return
  const old = bytes
  const used = old ? old.length - head : 0
  const length = Math.max(65_536, (old?.length ?? 0) * 2, used + size)
  bytes = new Uint8Array(length)
  view = new DataView(bytes.buffer)
  if (old) bytes.set(old.subarray(head), length - used)
  head = length - used
}

function varint(n: number): void {
  if (n < 128) bytes![--head] = n
  else {
    let size = 1
    for (let rest = n; rest > 127; rest = Math.floor(rest / 128)) size++
    head -= size
    for (let i = 0; i < size - 1; i++, n = Math.floor(n / 128)) bytes![head + i] = (n % 128) | 128
    bytes![head + size - 1] = n
  }
}

function close(tag: number, end: number): void {
  room(12)
  varint(bytes!.length - head - end)
  bytes![--head] = tag
}

const encoder = /* @__PURE__ */ new TextEncoder()

function text(tag: number, said: string): void {
  const { length } = said
  room(length * 3 + 12)
  const end = bytes!.length - head
  head -= length
  for (let i = 0; i < length; i++) {
    const code = said.charCodeAt(i)
    if (code > 127) {
      head += length
      const utf8 = encoder.encode(said)
      head -= utf8.length
      bytes!.set(utf8, head)
      break
    }
    bytes![head + i] = code
  }
  close(tag, end)
}

function fixed(tag: number, ...words: number[]): void {
  room(words.length * 4 + 2)
  for (let i = words.length - 1; i >= 0; i--) view.setUint32((head -= 4), words[i]!)
  varint(words.length * 4)
  bytes![--head] = tag
}

function time(tag: number, ms: number): void {
  room(9)
  const low = (ms % 4294967296) * 1e6
  const carry = Math.floor(low / 4294967296)
  view.setUint32((head -= 4), Math.floor(ms / 4294967296) * 1e6 + carry, true)
  view.setUint32((head -= 4), low - carry * 4294967296, true)
  bytes![--head] = tag
}

function protobufAttributes(tag: number, attributes: Record<string, unknown> | undefined): void {
  if (!attributes) return
  const keys = Object.keys(attributes)
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i]!
    const v = attributes[key]
    const whole = bytes!.length - head
    room(16)
    if (typeof v === 'string') text(0x0a, v)
    else if (typeof v === 'boolean') {
      bytes![--head] = v ? 1 : 0
      bytes![--head] = 0x10
    } else if (Number.isInteger(v)) {
      varint(v as number)
      bytes![--head] = 0x18
    } else {
      view.setFloat64((head -= 8), v as number, true)
      bytes![--head] = 0x21
    }
    close(0x12, whole)
    text(0x0a, key)
    close(tag, whole)
  }
}

export function floorProtobuf({ spans, words }: Trace): Uint8Array {
  room(65_536)
  head = bytes!.length
  for (let i = spans.length - 1; i >= 0; i--) {
    const span = spans[i]!
    const end = bytes!.length - head
    room(16)
    view.setUint32((head -= 4), 257, true)
    bytes![--head] = 2
    bytes![--head] = 0x85
    if (span.status) {
      bytes![--head] = span.status
      bytes![--head] = 0x18
      bytes![--head] = 2
      bytes![--head] = 0x7a
    }
    for (let e = (span.events?.length ?? 0) - 1; e >= 0; e--) {
      const event = span.events![e]!
      const from = bytes!.length - head
      protobufAttributes(0x1a, event.attributes)
      text(0x12, event.name)
      time(0x09, event.time)
      close(0x5a, from)
    }
    protobufAttributes(0x4a, span.attributes)
    time(0x41, span.finish)
    time(0x39, span.start)
    bytes![--head] = span.kind + 1
    bytes![--head] = 0x30
    text(0x2a, span.name)
    if (span.parent) fixed(0x22, span.parent.high, span.parent.low)
    fixed(0x12, span.high, span.low)
    fixed(0x0a, ...words)
    close(0x12, end)
  }
  const scope = bytes!.length - head
  text(0x0a, 'floor')
  close(0x0a, scope)
  close(0x12, 0)
  const resource = bytes!.length - head
  protobufAttributes(0x0a, { 'service.name': SERVICE })
  close(0x0a, resource)
  close(0x0a, 0)
  return bytes!.slice(head)
}

export const peer: Peer<FloorSpan, Trace> = {
  open(fate) {
    const trace = new Trace(fate === 'sampled')
    return { root: new FloorSpan(trace, undefined, ROOT_NAME, SERVER, undefined), recorded: () => trace }
  },
  start: (parent, attributes) => parent.startSpan(CHILD_NAME, CLIENT, attributes),
  set: (span, key, value) => span.setAttribute(key, value),
  event: (span) => span.addEvent(EVENT_NAME, eventAttributes()),
  exception: (span, error) => span.recordException(error),
  end: (span) => span.end(),
  json: floorJson,
  protobuf: floorProtobuf,
}
