// In: a column or a key, an operator and a value. Out: a piece of SQL with parameters, never with spliced values.
// Must stay true: a condition on an attribute is guarded by a plain search for its key's or value's text, so that JSON is
// read only where it may match.
import { durationOf, numberOf } from './literal.ts'
import type { Literal, Operator } from './parser.ts'
import { QueryError } from './parser.ts'

export type Parameter = string | number

export interface Condition {
  readonly sql: string
  readonly parameters: readonly Parameter[]
}

export const sql = (text: string, ...parameters: Parameter[]): Condition => ({ sql: text, parameters })

const join = (conditions: readonly Condition[], word: string): Condition =>
  conditions.length === 1
    ? conditions[0]!
    : {
        sql: `(${conditions.map((c) => c.sql).join(` ${word} `)})`,
        parameters: conditions.flatMap((c) => c.parameters),
      }

export const all = (...conditions: Condition[]): Condition => join(conditions, 'and')
export const any = (...conditions: Condition[]): Condition => join(conditions, 'or')

export const mistake = (value: Literal, message: string): never => {
  throw new QueryError(message, value.at, value.end)
}

/** `*` is the one wildcard of LIKE here: nobody types per cent signs. */
const pattern = (text: string): string => text.replace(/[\\%_]/g, '\\$&').replace(/\*/g, '%')

export const textCondition = (x: string, op: Operator, value: Literal): Condition => {
  if (op === 'contains') return sql(`instr(lower(${x}), ?) > 0`, value.text.toLowerCase())
  if (op === 'like') return sql(`${x} like ? escape '\\'`, pattern(value.text))
  return sql(`${x} ${op} ?`, value.text)
}

export const numeric = (x: string, op: Operator, number: number, value: Literal): Condition =>
  op === 'contains' || op === 'like'
    ? mistake(value, 'numbers compare with = != < <= > >=')
    : sql(`${x} ${op} ?`, number)

/** A condition on key `key` of the JSON object `json`. */
export const attribute = (json: string, key: string, op: Operator, value: Literal): Condition => {
  if (/^[$[]/.test(key)) mistake(value, 'attribute names begin neither with $ nor with [')
  const x = `(${json} ->> ?)`
  const guardKey = sql(`instr(${json}, ?) > 0`, `${JSON.stringify(key)}:`)
  const number = numberOf(value.text) ?? (value.quoted ? undefined : durationOf(value.text))
  if (op === '=' || op === '!=') {
    const texts: Condition[] = [sql(`${x} = ?`, key, value.text)]
    if (number !== undefined) texts.push(sql(`${x} = ?`, key, number))
    if (value.text === 'true' || value.text === 'false') texts.push(sql(`(${json} -> ?) = ?`, key, value.text))
    texts.push(
      sql(
        `(substr(${x}, 1, 1) = '[' and exists (select 1 from json_each(${x}) j where j.value = ?))`,
        key,
        key,
        value.text,
      ),
    )
    const same = any(...texts)
    if (op === '=') {
      const guardValue =
        number === undefined ? sql(`instr(${json}, ?) > 0`, JSON.stringify(value.text).slice(1, -1)) : guardKey
      return all(guardValue, same)
    }
    return all(guardKey, sql(`${x} is not null`, key), {
      sql: `not ifnull(${same.sql}, 0)`,
      parameters: same.parameters,
    })
  }
  if (op === 'contains' || op === 'like') {
    const { sql: text, parameters } = textCondition(x, op, value)
    return all(guardKey, sql(text, key, ...parameters))
  }
  if (number !== undefined) return all(guardKey, sql(`typeof(${x}) <> 'text' and ${x} ${op} ?`, key, key, number))
  return all(guardKey, sql(`${x} ${op} ?`, key, value.text))
}
