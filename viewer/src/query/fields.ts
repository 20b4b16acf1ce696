// In: a field's name as typed. Out: what it means and which values it takes.
// Must stay true: every name that is not one of these is an attribute, so any attribute can be searched by its own name.

export type FieldType =
  | 'text'
  | 'duration'
  | 'time'
  | 'number'
  | 'status'
  | 'kind'
  | 'boolean'
  | 'id'
  | 'severity'
  | 'any'

export type FieldPlace = 'span' | 'trace' | 'attribute' | 'resource' | 'event' | 'log' | 'link' | 'scope'

export interface Field {
  readonly place: FieldPlace
  /** Name within its place: a built-in's canonical name, or an attribute's key. */
  readonly key: string
  readonly type: FieldType
}

interface BuiltIn extends Field {
  /** For the completion list. */
  readonly help: string
}

const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  'service.name': { place: 'span', key: 'service', type: 'text', help: 'service that made the span' },
  name: { place: 'span', key: 'name', type: 'text', help: 'name of the span' },
  duration: { place: 'span', key: 'duration', type: 'duration', help: 'length of the span, as in 150ms' },
  status: { place: 'span', key: 'status', type: 'status', help: 'ERROR, OK or UNSET' },
  'status.message': { place: 'span', key: 'status.message', type: 'text', help: 'why the span failed' },
  kind: { place: 'span', key: 'kind', type: 'kind', help: 'SERVER, CLIENT, …' },
  timestamp: { place: 'span', key: 'timestamp', type: 'time', help: 'start, as in now() - 30m' },
  unfinished: { place: 'span', key: 'unfinished', type: 'boolean', help: 'the span never ended' },
  'span.id': { place: 'span', key: 'span.id', type: 'id', help: '16 hexadecimal digits' },
  'parent.id': { place: 'span', key: 'parent.id', type: 'id', help: '16 hexadecimal digits' },
  'scope.name': { place: 'scope', key: 'name', type: 'text', help: 'instrumentation that made the span' },
  'trace.id': { place: 'trace', key: 'id', type: 'id', help: '32 hexadecimal digits' },
  'trace.duration': { place: 'trace', key: 'duration', type: 'duration', help: 'length of the whole trace' },
  'trace.spans': { place: 'trace', key: 'spans', type: 'number', help: 'spans in the trace' },
  'trace.errors': { place: 'trace', key: 'errors', type: 'number', help: 'failed spans in the trace' },
  'root.service': { place: 'trace', key: 'root.service', type: 'text', help: 'service in which the trace began' },
  'root.name': { place: 'trace', key: 'root.name', type: 'text', help: 'name of the first span' },
  'root.status': { place: 'trace', key: 'root.status', type: 'status', help: 'how the trace ended' },
  'event.name': { place: 'event', key: 'name', type: 'text', help: 'event inside a span' },
  'log.body': { place: 'log', key: 'body', type: 'text', help: 'text of a log record' },
  'log.severity': { place: 'log', key: 'severity', type: 'severity', help: 'INFO, WARN, ERROR, …' },
  'link.trace.id': { place: 'link', key: 'trace.id', type: 'id', help: 'trace that the span links to' },
}

const ALIASES: Readonly<Record<string, string>> = {
  service: 'service.name',
  'span.name': 'name',
  'span.duration': 'duration',
  'span.status': 'status',
  'span.kind': 'kind',
  time: 'timestamp',
  traceid: 'trace.id',
  trace_id: 'trace.id',
  spanid: 'span.id',
  span_id: 'span.id',
  'root.service.name': 'root.service',
  'trace.status': 'root.status',
  'log.level': 'log.severity',
}

const PREFIXES: readonly (readonly [string, FieldPlace])[] = [
  ['resource.', 'resource'],
  ['event.', 'event'],
  ['log.', 'log'],
  ['span.', 'attribute'],
  ['attr.', 'attribute'],
]

export const builtIns: readonly { readonly name: string; readonly help: string; readonly type: FieldType }[] =
  Object.entries(BUILT_IN).map(([name, { help, type }]) => ({ name, help, type }))

export const fieldOf = (name: string): Field => {
  const lower = name.toLowerCase()
  const alias = Object.hasOwn(ALIASES, lower) ? ALIASES[lower]! : lower
  if (Object.hasOwn(BUILT_IN, alias)) return BUILT_IN[alias]!
  for (const [prefix, place] of PREFIXES) {
    if (lower.startsWith(prefix) && name.length > prefix.length)
      return { place, key: name.slice(prefix.length), type: 'any' }
  }
  return { place: 'attribute', key: name, type: 'any' }
}
