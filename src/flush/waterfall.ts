// In: spans of any number of traces and services. Out: one text tree a trace, with a time bar for every span.
// Must stay true: pure; no line is wider than asked; what a span says cannot control the terminal.
import { type AttributeValue, SpanKind, type SpanRecord, StatusCode } from './model.ts'

export interface WaterfallOptions {
  /** Width of a line in terminal cells, at least 60. Default 100. */
  readonly columns?: number
  /** The service of a span, which a record does not carry: shown where it differs from its parent's. */
  readonly service?: string | ((span: SpanRecord) => string | undefined)
}

/** Attributes worth a place in a line, in the order in which they take it. */
const KEY_ATTRIBUTES = [
  'http.response.status_code',
  'error.type',
  'http.route',
  'url.path',
  'server.address',
  'db.system.name',
  'db.collection.name',
  'messaging.destination.name',
  'rpc.method',
  'faas.trigger',
] as const

const KINDS = ['', 'server', 'client', 'producer', 'consumer'] as const

interface Row {
  readonly span: SpanRecord
  readonly indent: string
  readonly under: string
  readonly service: string | undefined
}

/** Draws each trace as a tree: name and service, offset, duration, bar, key attributes; errors on a line of their own. */
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
  const serviceOf = typeof service === 'function' ? service : () => service
  const width = Math.max(60, columns)
  const from = start(spans)
  const to = spans.reduce((most, span) => Math.max(most, span.endMs, span.startMs), from)
  const errors = spans.filter((span) => span.statusCode === StatusCode.ERROR).length
  const bars = Math.floor(width * 0.24)
  const names = Math.floor(width * 0.36)
  const summary = `trace ${spans[0]!.traceId}  ${plural(spans.length, 'span')}  ${duration(to - from)}`
  const lines = [clip(errors ? `${summary}  ${plural(errors, 'error')}` : summary, width)]
  for (const row of rows(spans, serviceOf)) {
    const { span } = row
    const isOpen = span.endMs === 0
    const label = `${row.indent}${span.statusCode === StatusCode.ERROR ? '✗ ' : ''}${span.name}${row.service ? ` · ${row.service}` : ''}`
    const head = [
      pad(clip(label, names), names),
      duration(span.startMs - from).padStart(9),
      (isOpen ? 'open' : duration(span.endMs - span.startMs)).padStart(9),
      bar(span.startMs - from, (isOpen ? to : span.endMs) - from, to - from, bars, isOpen),
    ].join(' ')
    lines.push(clip(`${head} ${notes(span)}`, width).trimEnd())
    for (const error of complaints(span)) lines.push(clip(`${row.under}  ! ${error}`, width))
  }
  return lines.join('\n')
}

/** Parents before children, siblings by start. A span whose parent is elsewhere, or in a circle, is a root. */
function rows(spans: readonly SpanRecord[], serviceOf: (span: SpanRecord) => string | undefined): Row[] {
  const ids = new Set(spans.map((span) => span.spanId))
  const children = new Map<string, SpanRecord[]>()
  for (const span of [...spans].sort((a, b) => b.startMs - a.startMs)) {
    const parent = ids.has(span.parentSpanId) ? span.parentSpanId : ''
    children.set(parent, [...(children.get(parent) ?? []), span])
  }
  const out: Row[] = []
  const seen = new Set<SpanRecord>()
  const walk = (roots: readonly SpanRecord[]): void => {
    const stack = roots.map((span) => ({
      span,
      lead: '',
      isLast: true,
      depth: 0,
      above: undefined as string | undefined,
    }))
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { span, lead, isLast, depth, above } = next
      if (seen.has(span)) continue
      seen.add(span)
      const below = children.get(span.spanId) ?? []
      const own = serviceOf(span)
      const inner = depth === 0 ? '' : lead + (isLast ? '   ' : '│  ')
      const indent = depth === 0 ? '' : lead + (isLast ? '└─ ' : '├─ ')
      out.push({ span, indent, under: inner + (below.length ? '│' : ' '), service: own === above ? undefined : own })
      below.forEach((child, at) => {
        stack.push({ span: child, lead: inner, isLast: at === 0, depth: depth + 1, above: own })
      })
    }
  }
  walk(children.get('') ?? [])
  for (const span of spans) if (!seen.has(span)) walk([span])
  return out
}

function bar(from: number, to: number, total: number, width: number, isOpen: boolean): string {
  const scale = total > 0 ? width / total : 0
  const before = Math.min(width - 1, Math.floor(from * scale))
  const length = Math.max(1, Math.min(width - before, Math.round((to - from) * scale)))
  return ' '.repeat(before) + (isOpen ? '░' : '█').repeat(length) + ' '.repeat(width - before - length)
}

const notes = (span: SpanRecord): string =>
  [KINDS[span.kind === SpanKind.INTERNAL ? 0 : span.kind], ...KEY_ATTRIBUTES.map((key) => span.attributes[key])]
    .filter((value) => value !== undefined && value !== '')
    .map(text)
    .join(' ')

function* complaints(span: SpanRecord): Generator<string> {
  if (span.statusCode === StatusCode.ERROR && span.statusMessage) yield span.statusMessage
  for (const { name, attributes } of span.events) {
    if (name !== 'exception') continue
    const said = [attributes['exception.type'], attributes['exception.message']].filter(Boolean).map(text).join(': ')
    if (said && attributes['exception.message'] !== span.statusMessage && said !== span.statusMessage) yield said
  }
}

const text = (value: AttributeValue): string =>
  typeof value === 'object' && value !== null ? (Array.isArray(value) ? value.map(text).join(',') : '…') : String(value)

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function duration(ms: number): string {
  if (ms < 1000) return `${ms < 10 && !Number.isInteger(ms) ? ms.toFixed(2) : Math.round(ms)} ms`
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

const pad = (line: string, width: number): string =>
  line + ' '.repeat(Math.max(0, width - [...line].reduce((sum, character) => sum + cells(character), 0)))
