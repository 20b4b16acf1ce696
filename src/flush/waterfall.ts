// In: spans of any number of traces and services. Out: one text tree a trace, with a time bar for every span.
// Must stay true: pure; no line is wider than asked; what a span says cannot control the terminal.
import { type AttributeValue, type SpanRecord, StatusCode } from './model.ts'

export interface WaterfallOptions {
  /** Width of a line in terminal cells, at least 60. Default 100. */
  readonly columns?: number
  /** The service of a span, which a record does not carry: shown where it differs from the line above. */
  readonly service?: string | ((span: SpanRecord) => string | undefined)
}

/** Attributes worth a place in a line: of each group the first that a span has. */
const KEY_ATTRIBUTES = [
  ['http.response.status_code', 'error.type', 'faas.trigger'],
  ['http.route', 'url.path', 'server.address'],
  ['cloudflare.d1.response.rows_read', 'db.collection.name', 'db.system.name'],
  ['messaging.destination.name', 'rpc.method'],
] as const

/** Numbers of something: without a name nobody knows of what. */
const COUNTS = /rows_read$/

interface Row {
  readonly span: SpanRecord
  readonly service: string
  /** What stands before the name. */
  readonly indent: string
  /** What stands before a line below the name. */
  readonly under: string
  /** What went wrong and was not said by a child. */
  readonly complaints: readonly string[]
}

/** Draws each trace as a tree: service, name, offset, duration, bar, key attributes; errors on a line of their own. */
export function waterfall(spans: readonly SpanRecord[], options: WaterfallOptions = {}): string {
  const traces = new Map<string, SpanRecord[]>()
  for (const span of spans) {
    const trace = traces.get(span.traceId)
    if (trace) trace.push(span)
    else traces.set(span.traceId, [span])
  }
  return [...traces.values()]
    .sort((a, b) => start(a) - start(b))
    .map((trace) => draw(trace, options))
    .join('\n\n')
}

const start = (spans: readonly SpanRecord[]): number =>
  spans.reduce((least, span) => Math.min(least, span.startMs), Infinity)

function draw(spans: readonly SpanRecord[], { columns = 100, service }: WaterfallOptions): string {
  const serviceOf = (span: SpanRecord): string => (typeof service === 'function' ? service(span) : service) ?? ''
  const width = Math.max(60, columns)
  const from = start(spans)
  const to = spans.reduce((most, span) => Math.max(most, span.endMs, span.startMs), from)
  const errors = spans.filter(isError).length
  const services = new Set(spans.map(serviceOf))
  services.delete('')
  const tree = rows(spans, serviceOf)
  const cells = tree.map(({ span, indent }) => ({
    label: shorten(indent, width >> 2) + (isError(span) ? '✗ ' : '') + span.name,
    offset: duration(span.startMs - from),
    duration: span.endMs === 0 ? 'open' : duration(span.endMs - span.startMs),
    notes: notes(span),
  }))
  const widest = (texts: readonly string[], most: number): number =>
    texts.reduce((so, text) => Math.max(so, Math.min(most, measure(text, most + 1))), 0)

  // Numbers are never cut. Bars take a sixth, notes up to a fifth, services an eighth, names what they need of the rest.
  const owner = services.size > 1 ? widest([...services], width >> 3) + 1 : 0
  const offsets = widest(
    cells.map(({ offset }) => offset),
    9,
  )
  const durations = widest(
    cells.map(({ duration }) => duration),
    9,
  )
  const bars = Math.floor(width * 0.18)
  const remarks = widest(
    cells.map(({ notes }) => notes),
    Math.floor(width / 5),
  )
  const spare = width - owner - offsets - durations - bars - 6 - remarks
  const names = widest(
    cells.map(({ label }) => label),
    spare,
  )

  const header = [
    `trace ${clip(spans[0]!.traceId, 32)}`,
    ...(services.size === 1 ? [...services] : []),
    plural(spans.length, 'span'),
    ...(services.size > 1 ? [plural(services.size, 'service')] : []),
    duration(to - from),
    ...(errors ? [plural(errors, 'error')] : []),
  ]
  const lines = [clip(header.join('  '), width)]
  let above = ''
  tree.forEach(({ span, service, under, complaints }, at) => {
    const cell = cells[at]!
    const end = span.endMs === 0 ? to : span.endMs
    const line = [
      ...(owner ? [pad(clip(service === above ? '' : service, owner - 1), owner - 1)] : []),
      pad(clip(cell.label, names), names),
      cell.offset.padStart(offsets + 1),
      cell.duration.padStart(durations + 1),
      bar(span.startMs - from, end - from, to - from, bars, span.endMs === 0),
      cell.notes,
    ]
    above = service
    lines.push(clip(line.join(' '), width).trimEnd())
    for (const each of complaints) lines.push(clip(`${' '.repeat(owner)}${shorten(under, width >> 2)}! ${each}`, width))
  })
  return lines.join('\n')
}

const isError = (span: SpanRecord): boolean => span.statusCode === StatusCode.ERROR

/** The end of an indent that is too deep: what is nearest to the name. */
const shorten = (indent: string, most: number): string => (indent.length > most ? `…${indent.slice(1 - most)}` : indent)

/** Parents before children, siblings by start. A span whose parent is elsewhere, or in a circle, is a root. */
function rows(spans: readonly SpanRecord[], serviceOf: (span: SpanRecord) => string): Row[] {
  const ids = new Set(spans.map((span) => span.spanId))
  const children = new Map<string, SpanRecord[]>()
  // Last first, since a stack turns them round again; those that start together stay in the order given.
  for (const span of spans.toReversed().sort((a, b) => b.startMs - a.startMs)) {
    const parent = ids.has(span.parentSpanId) ? span.parentSpanId : ''
    const siblings = children.get(parent)
    if (siblings) siblings.push(span)
    else children.set(parent, [span])
  }
  const out: Row[] = []
  const seen = new Set<SpanRecord>()
  const walk = (roots: readonly SpanRecord[]): void => {
    const stack = roots.map((span) => ({ span, lead: '', isLast: true, depth: 0 }))
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { span, lead, isLast, depth } = next
      if (seen.has(span)) continue
      seen.add(span)
      const below = children.get(span.spanId) ?? []
      const inner = depth === 0 ? '' : lead + (isLast ? '  ' : '│ ')
      const said = new Set(below.filter(isError).map((child) => child.statusMessage))
      out.push({
        span,
        service: serviceOf(span),
        indent: depth === 0 ? '' : lead + (isLast ? '└ ' : '├ '),
        under: inner + (below.length ? '│ ' : '  '),
        complaints: [...complaints(span)].filter((each) => !said.has(each)),
      })
      below.forEach((child, at) => {
        stack.push({ span: child, lead: inner, isLast: at === 0, depth: depth + 1 })
      })
    }
  }
  walk(children.get('') ?? [])
  for (const span of spans) if (!seen.has(span)) walk([span])
  return out
}

/** Eighths of a cell, so that what is short next to the whole still differs from what is shorter. */
const EIGHTHS = ' ▏▎▍▌▋▊▉'

function bar(from: number, to: number, total: number, width: number, isOpen: boolean): string {
  const scale = total > 0 ? width / total : 0
  const before = Math.min(width - 1, Math.floor(from * scale))
  const eighths = Math.max(1, Math.min((width - before) * 8, Math.round((to - from) * scale * 8)))
  const drawn = isOpen
    ? '░'.repeat(Math.ceil(eighths / 8))
    : '█'.repeat(eighths >> 3) + (eighths % 8 ? EIGHTHS[eighths % 8]! : '')
  return ' '.repeat(before) + drawn + ' '.repeat(width - before - drawn.length)
}

/** What the name does not say yet. */
const notes = ({ name, attributes }: SpanRecord): string =>
  KEY_ATTRIBUTES.flatMap((group) => {
    const key = group.find((each) => attributes[each])
    const value = text(key && attributes[key])
    if (!key || name.includes(value)) return []
    return COUNTS.test(key) ? `${key.slice(key.lastIndexOf('.') + 1)}=${value}` : value
  }).join(' ')

function* complaints(span: SpanRecord): Generator<string> {
  const { statusMessage } = span
  if (isError(span) && statusMessage) yield statusMessage
  for (const { name, attributes } of span.events) {
    if (name !== 'exception') continue
    const { 'exception.type': type, 'exception.message': message } = attributes
    const said = [type, message].filter(Boolean).map(text).join(': ')
    if (said && message !== statusMessage && said !== statusMessage) yield said
  }
}

const text = (value: AttributeValue): string =>
  typeof value === 'object' && value !== null ? (Array.isArray(value) ? value.map(text).join(',') : '…') : String(value)

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function duration(ms: number): string {
  // Two digits after the point, and no zeros at the end: epoch times carry the noise of a double.
  if (ms < 1000) return `${ms < 9.995 ? Number(ms.toFixed(2)) : Math.round(ms)} ms`
  return ms < 100_000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms / 1000)} s`
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const NO_WIDTH = /\p{Mn}|\p{Me}|\u200d/u
const cells = (character: string): number => (NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1)

/** At most `width` cells, the last one `…` where something was cut; what would move the cursor becomes `·`. */
function clip(line: string, width: number): string {
  let out = ''
  let used = 0
  // No more than a few characters a cell are looked at: a name may be a megabyte.
  const clean = line.slice(0, width * 8).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '·')
  const total = [...clean].reduce((sum, character) => sum + cells(character), 0)
  const room = total > width ? width - 1 : width
  for (const character of clean) {
    used += cells(character)
    if (used > room) return `${out}…`
    out += character
  }
  return out
}

const pad = (line: string, width: number): string => line + ' '.repeat(Math.max(0, width - measure(line, width)))

/** Cells of a line, counted up to `most`. */
function measure(line: string, most: number): number {
  let used = 0
  for (const character of line.slice(0, most * 8)) used += cells(character)
  return Math.min(used, most)
}
