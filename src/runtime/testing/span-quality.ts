// In: the spans of an invocation that are about to leave. Out: warnings about what a person would regret later.
// Must stay true: for development: it costs time and says each thing once; it changes nothing.
import { type Attributes, type AttributeValue, type SpanRecord, StatusCode } from '../../flush/model.ts'
import { cards, type Detector, emails, nationalIds, secrets } from '../privacy/detect.ts'

export interface SpanQualityOptions {
  /** Default `console.warn`. */
  readonly warn?: (message: string) => void
  /** As many childless spans of one name, one after another under one parent, are called N+1. Default 10. */
  readonly repeated?: number
  /** Milliseconds in which a span with children waits for none of them, from which on it is a gap. Default 100. */
  readonly gapMs?: number
  /** Distinct span names of an isolate, from which on one of them must hold an id. Default 200. */
  readonly names?: number
  /** What counts as personal in a value. Default: e-mail addresses, card numbers, national ids and secrets by form. */
  readonly personal?: readonly Detector[]
}

/** What `createTracer({ check })` takes. */
export type SpanCheck = (spans: readonly SpanRecord[]) => void

/** Warnings in the life of an isolate: who has had so many has been told. */
export const MAX_WARNINGS = 100
const ID_IN_NAME =
  /\d{4,}|\b[\da-f]{8}-[\da-f]{4}-|\b(?=[a-f]*\d)[\da-f]{12,}\b|\/\d+(?:\/|$)|\?|[\w.+-]+@[\w-]+\.\w|https?:\/\/\S+\/\S/i

/** `createTracer({ …, ...(isDevelopment && { check: spanQuality() }) })`: warns, once each, of what makes traces worse. */
export function spanQuality(options: SpanQualityOptions = {}): SpanCheck {
  const { warn = (message) => console.warn(message), repeated = 10, gapMs = 100, names: maxNames = 200 } = options
  const personal = options.personal ?? [emails(), cards(), nationalIds(), secrets()]
  const told = new Set<string>()
  const names = new Set<string>()

  function tell(kind: string, of: string, message: string): void {
    const key = `${kind} ${of}`
    if (told.has(key) || told.size >= MAX_WARNINGS) return
    told.add(key)
    warn(`clew: ${message}`)
  }

  function checkName({ name }: SpanRecord): void {
    if (ID_IN_NAME.test(name)) {
      const shape = name.replace(/[\da-f]*\d[\da-f]*/gi, '#')
      tell('name', shape, `the span name "${name}" holds an id: names are grouped by, so put the id in an attribute`)
    }
    if (names.size < maxNames) names.add(name)
    else if (!names.has(name))
      tell('names', '', `there are more than ${maxNames} span names, now "${name}": one of them must hold an id`)
  }

  function checkSpan(span: SpanRecord): void {
    const { name, events, statusCode, statusMessage, attributes, droppedAttributes, droppedEvents, droppedLinks } = span
    const hasThrown = events.some((event) => event.name === 'exception') || attributes['error.type'] !== undefined
    if (hasThrown && statusCode === StatusCode.UNSET)
      tell('status', name, `"${name}" recorded an error but has no status: setStatus({ code: 'error' }) makes it one`)
    for (const [what, count] of Object.entries({
      attributes: droppedAttributes,
      events: droppedEvents,
      links: droppedLinks,
    }))
      if (count) tell(what, name, `"${name}" lost ${count} ${what} over the limit`)
    const said: [of: string, attributes: Attributes][] = [
      [`"${name}"`, { ...attributes, 'status.message': statusMessage }],
    ]
    for (const event of events) said.push([`the event "${event.name}"`, event.attributes])
    for (const [of, all] of said)
      for (const [key, value] of Object.entries(all)) {
        const found = personalIn(value)
        if (found) tell('personal', key, `"${key}" of ${of} looks like it holds a ${found}: redact it`)
      }
  }

  function personalIn(value: AttributeValue): string | undefined {
    if (typeof value === 'string')
      return personal.find(({ pattern, isReal }) => value.match(pattern)?.some((match) => isReal?.(match) ?? true))
        ?.name
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
    for (const each of Object.values(value)) {
      const found = personalIn(each)
      if (found) return found
    }
    return undefined
  }

  function checkChildren(
    parent: SpanRecord,
    children: readonly SpanRecord[],
    isParent: (span: SpanRecord) => boolean,
  ): void {
    const ordered = [...children].sort((a, b) => a.startMs - b.startMs)
    const groups = new Map<string, SpanRecord[]>()
    for (const child of ordered)
      if (!isParent(child)) groups.set(child.name, [...(groups.get(child.name) ?? []), child])
    for (const [name, group] of groups) {
      const isSequence = group.every((span, i) => span.startMs >= (group[i - 1]?.endMs ?? 0))
      if (group.length >= repeated && isSequence)
        tell(
          'repeated',
          `${parent.name} ${name}`,
          `"${name}" ran ${group.length} times one after another under "${parent.name}" (N+1): ask once, or at once`,
        )
    }
    let coveredMs = parent.startMs
    for (const { name, startMs, endMs } of [
      ...ordered,
      { name: 'its end', startMs: parent.endMs, endMs: parent.endMs },
    ]) {
      if (startMs - coveredMs >= gapMs)
        tell(
          'gap',
          parent.name,
          `"${parent.name}" has a gap of ${Math.round(startMs - coveredMs)} ms before ${name === 'its end' ? name : `"${name}"`}: something there is not traced`,
        )
      coveredMs = Math.max(coveredMs, endMs)
    }
  }

  return (spans) => {
    const children = new Map<string, SpanRecord[]>()
    for (const span of spans) children.set(span.parentSpanId, [...(children.get(span.parentSpanId) ?? []), span])
    for (const span of spans) {
      checkName(span)
      checkSpan(span)
      const own = children.get(span.spanId)
      if (own) checkChildren(span, own, ({ spanId }) => children.has(spanId))
    }
  }
}
