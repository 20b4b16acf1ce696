// In: a query's tree. Out: SQL over `spans s`, `bodies b`, `traces tr`, with parameters, never with spliced values.
// Must stay true: a condition on something absent is false, and so NOT of it is true.
import { KINDS, STATUSES } from '../model.ts'
import { all, any, attribute, type Condition, mistake, numeric, sql, textCondition } from './condition.ts'
import type { Field } from './fields.ts'
import { durationOf, numberOf, SEVERITY } from './literal.ts'
import type { Literal, Operator, Query } from './parser.ts'

export interface Compiled extends Condition {
  /** Reads `bodies`. */
  readonly body: boolean
  /** Reads nothing but `traces`: no span need be looked at. */
  readonly traceOnly: boolean
}

export interface Vocabulary {
  /** True when some resource has this attribute: only then is it worth looking there. */
  hasResource(key: string): boolean
}

const ordinal = (names: Readonly<Record<string, number>>, value: Literal): number => {
  const number = names[value.text.toUpperCase()]
  return number ?? mistake(value, `expected one of ${Object.keys(names).join(', ')}`)
}

const numbered = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name, i) => [name.toUpperCase(), i]))

const STATUS = numbered(STATUSES)
const KIND = numbered(KINDS)

const nanosOf = (value: Literal): number =>
  durationOf(value.text) ?? mistake(value, 'a duration needs a unit: 250us, 150ms, 2s, 1m')

const numberIn = (value: Literal): number => numberOf(value.text) ?? mistake(value, 'expected a number')

const microsOf = (value: Literal): number =>
  (value.timeMs ?? mistake(value, 'expected a time: now() - 30m or 2026-01-31T12:00')) * 1000

const builtIn = (column: string, field: Field, op: Operator, value: Literal): Condition => {
  switch (field.type) {
    case 'duration':
      return numeric(column, op, nanosOf(value) / (field.place === 'trace' ? 1000 : 1), value)
    case 'time':
      return numeric(column, op, microsOf(value), value)
    case 'number':
      return numeric(column, op, numberIn(value), value)
    case 'status':
      return numeric(column, op, ordinal(STATUS, value), value)
    case 'kind':
      return numeric(column, op, ordinal(KIND, value), value)
    case 'severity':
      return severity(column, op, value)
    case 'boolean':
      return numeric(column, op, ordinal({ TRUE: 1, FALSE: 0 }, value), value)
    case 'id':
      return op === '='
        ? sql(`${column} like ?`, `${value.text.toLowerCase().replace(/[^0-9a-f]/g, '')}%`)
        : textCondition(column, op, { ...value, text: value.text.toLowerCase() })
    default:
      return textCondition(column, op, value)
  }
}

/** A name stands for its four numbers: `= WARN` means 13 to 16 and `> WARN` means 17 and up. */
const severity = (column: string, op: Operator, value: Literal): Condition => {
  const number = numberOf(value.text)
  if (number !== undefined) return numeric(column, op, number, value)
  const low = ordinal(SEVERITY, value)
  if (op === '=') return sql(`${column} between ? and ?`, low, low + 3)
  if (op === '!=') return sql(`${column} not between ? and ?`, low, low + 3)
  return numeric(column, op, op === '>' || op === '<=' ? low + 3 : low, value)
}

const SPAN_COLUMN: Readonly<Record<string, string>> = {
  name: 's.name',
  duration: 's.dur_ns',
  status: 's.status',
  kind: 's.kind',
  timestamp: 's.start_us',
  unfinished: 's.open',
  'span.id': 's.span_id',
  'parent.id': 's.parent',
  'status.message': "(b.more ->> '$[2]')",
}

const TRACE_COLUMN: Readonly<Record<string, string>> = {
  id: 'tr.trace_id',
  duration: 'tr.dur_us',
  spans: 'tr.spans',
  errors: 'tr.errors',
  'root.name': 'tr.root_name',
  'root.status': 'tr.status',
}

const serviceIn = (column: string, op: Operator, value: Literal): Condition => {
  const inner = textCondition('name', op, value)
  return sql(`${column} in (select id from services where ${inner.sql})`, ...inner.parameters)
}

const within = (outer: string, inner: Condition): Condition =>
  sql(
    outer.replace('@', () => inner.sql),
    ...inner.parameters,
  )

const EVENT = 'b.events is not null and exists (select 1 from json_each(b.events) e where @)'
const LOG = 'exists (select 1 from logs l where l.t = s.t and l.span_id = s.span_id and @)'
const LINK = 'b.links is not null and exists (select 1 from json_each(b.links) k where @)'
const RESOURCE = 's.res in (select id from resources r where @)'
const SCOPE = "(b.more ->> '$[6]') in (select id from scopes c where @)"

const compare = (field: Field, op: Operator, value: Literal, vocabulary: Vocabulary, traceOnly: boolean): Condition => {
  switch (field.place) {
    case 'trace':
      return field.key === 'root.service'
        ? serviceIn('tr.root_svc', op, value)
        : builtIn(TRACE_COLUMN[field.key]!, field, op, value)
    case 'span':
      if (field.key === 'service') return serviceIn('s.svc', op, value)
      return builtIn(traceOnly ? 'tr.start_us' : SPAN_COLUMN[field.key]!, field, op, value)
    case 'event':
      if (field.key === 'name') return within(EVENT, textCondition("(e.value ->> '$.name')", op, value))
      return within(EVENT, attribute("(e.value -> '$.attributes')", field.key, op, value))
    case 'log':
      if (field.key === 'body') return within(LOG, textCondition('(l.body)', op === '=' ? 'contains' : op, value))
      if (field.key === 'severity') return within(LOG, builtIn('l.sev', field, op, value))
      return within(LOG, attribute('l.attrs', field.key, op, value))
    case 'link':
      return within(LINK, builtIn("(k.value ->> '$.traceId')", field, op, value))
    case 'scope':
      return within(SCOPE, textCondition("(c.body ->> '$[0]')", op, value))
    case 'resource':
      return within(RESOURCE, attribute('r.attrs', field.key, op, value))
    case 'attribute': {
      const own = attribute('b.attrs', field.key, op, value)
      return vocabulary.hasResource(field.key)
        ? any(own, within(RESOURCE, attribute('r.attrs', field.key, op, value)))
        : own
    }
  }
}

const exists = (field: Field, vocabulary: Vocabulary): Condition => {
  const key = JSON.stringify(field.key)
  const present = (json: string): Condition =>
    all(sql(`instr(${json}, ?) > 0`, `${key}:`), sql(`(${json} -> ?) is not null`, field.key))
  switch (field.place) {
    case 'event':
      return field.key === 'name' ? sql('b.events is not null') : within(EVENT, present("(e.value -> '$.attributes')"))
    case 'log':
      return field.key === 'body' || field.key === 'severity' ? within(LOG, sql('1')) : within(LOG, present('l.attrs'))
    case 'link':
      return sql('b.links is not null')
    case 'resource':
      return within(RESOURCE, present('r.attrs'))
    case 'attribute':
      return vocabulary.hasResource(field.key)
        ? any(present('b.attrs'), within(RESOURCE, present('r.attrs')))
        : present('b.attrs')
    default:
      return field.key === 'parent.id' ? sql("s.parent <> ''") : sql('1')
  }
}

const freeText = (text: string): Condition => {
  const lower = text.toLowerCase()
  const places = ['s.name', 'b.attrs', 'b.more', "ifnull(b.events, '')"].map((x) =>
    sql(`instr(lower(${x}), ?) > 0`, lower),
  )
  const service = sql('s.svc in (select id from services where instr(lower(name), ?) > 0)', lower)
  const log = within(LOG, sql('instr(lower(l.body), ?) > 0', lower))
  const id = /^[0-9a-f]{6,32}$/.test(lower)
    ? [sql('tr.trace_id like ?', `${lower}%`), sql('s.span_id like ?', `${lower}%`)]
    : []
  return any(...places, service, log, ...id)
}

const isTraceOnly = (query: Query): boolean => {
  switch (query.is) {
    case 'and':
    case 'or':
      return query.items.every(isTraceOnly)
    case 'not':
      return isTraceOnly(query.item)
    case 'text':
      return false
    default:
      return query.field.place === 'trace' || (query.field.place === 'span' && query.field.key === 'timestamp')
  }
}

const condition = (query: Query, vocabulary: Vocabulary, traceOnly: boolean): Condition => {
  const inner = (item: Query): Condition => condition(item, vocabulary, traceOnly)
  switch (query.is) {
    case 'and':
      return all(...query.items.map(inner))
    case 'or':
      return any(...query.items.map(inner))
    case 'not': {
      const negated = inner(query.item)
      return { sql: `not ${negated.sql}`, parameters: negated.parameters }
    }
    default: {
      const term =
        query.is === 'text'
          ? freeText(query.text)
          : query.is === 'exists'
            ? exists(query.field, vocabulary)
            : query.is === 'in'
              ? any(...query.values.map((value) => compare(query.field, '=', value, vocabulary, traceOnly)))
              : compare(query.field, query.op, query.value, vocabulary, traceOnly)
      return { sql: `ifnull((${term.sql}), 0)`, parameters: term.parameters }
    }
  }
}

export const compile = (query: Query, vocabulary: Vocabulary): Compiled => {
  const traceOnly = isTraceOnly(query)
  const compiled = condition(query, vocabulary, traceOnly)
  return { ...compiled, traceOnly, body: /\bb\./.test(compiled.sql) }
}
