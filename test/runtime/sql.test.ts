// Summaries and texts of queries (semantic conventions 1.44, database spans).
import { describe, expect, it } from 'vitest'
import { querySummary, sanitizedQuery } from '../../src/runtime/sql.ts'

describe('a summary', () => {
  it.each([
    ['select * from carts where id = ?', 'SELECT carts'],
    ['INSERT INTO shipping (a) SELECT a FROM orders WHERE id = 7', 'INSERT shipping SELECT orders'],
    ['select * from a join b on a.id = b.id', 'SELECT a b'],
    ['SELECT x FROM (SELECT * FROM orders o JOIN customers c ON o.c = c.id)', 'SELECT SELECT orders customers'],
    ['update users set name = ? where id = 1', 'UPDATE users'],
    ['delete from "song list"', 'DELETE "song list"'],
    ['select * from `my table`', 'SELECT `my table`'],
    ['select * from main.carts', 'SELECT main.carts'],
    ["select 'drop table users' as x from t", 'SELECT t'],
    ['create table if not exists t (a text)', 'CREATE t'],
    ['drop table if exists t', 'DROP t'],
    ['select replace (a, 1, 2) from t', 'SELECT t'],
    ['replace into t values (1)', 'REPLACE t'],
    ['pragma table_info', 'PRAGMA'],
    ['', ''],
    ['vacuum', ''],
  ])('of %j is %j', (sql, summary) => {
    expect(querySummary(sql)).toBe(summary)
  })

  it('ends at a word, within 255 characters', () => {
    const tables = Array.from({ length: 60 }, (_, n) => `join table${n} on 1`).join(' ')
    const summary = querySummary(`select * from t ${tables}`)
    expect(summary.length).toBeLessThanOrEqual(255)
    expect(summary).toMatch(/ table\d+$/)
    expect(querySummary(`select * from ${'x'.repeat(248)}`)).toHaveLength(255)
    expect(querySummary(`select * from ${'x'.repeat(249)}`)).toBe('SELECT')
  })
})

describe('a text', () => {
  it.each([
    ["select * from t where a = 'it''s' and b = 42", 'select * from t where a = ? and b = ?'],
    ['select * from t2 where a = $1 and b = ?2 and c = :c3', 'select * from t2 where a = $1 and b = ?2 and c = :c3'],
    ['select 1.5e10, 0xff', 'select ?, ?'],
    ["select 'never closed", 'select ?'],
  ])('of %j has no literal', (sql, text) => {
    expect(sanitizedQuery(sql)).toBe(text)
  })
})

it.each([
  [`SELECT a -- where pin = '1234'\nFROM t`, 'SELECT a  \nFROM t'],
  [`/* token 77 */ SELECT 1`, 'SELECT ?'],
  [`SELECT /* open`, 'SELECT'],
  [`INSERT INTO t VALUES ($$it's 5$$, E'a\\'b 9', 'x''y')`, 'INSERT INTO t VALUES (?, ?, ?)'],
  [`SELECT "it's", [o'k], \`q'\` FROM "t 1" WHERE "a" = ?`, `SELECT "it's", [o'k], \`q'\` FROM "t 1" WHERE "a" = ?`],
  [`SELECT * FROM t WHERE name = "alice" AND x<"b"`, 'SELECT * FROM t WHERE name = ? AND x<?'],
  [`SELECT '-- no comment', a`, 'SELECT ?, a'],
  [`SELECT 'never ends`, 'SELECT ?'],
])('%j leaves as %j', (sql, expected) => expect(sanitizedQuery(sql)).toBe(expected))

it('a text of any shape is read in one go: quadratic time would run into the time limit of the test', () => {
  for (const piece of [`'a''`, '--x\n', '/*', '"a', `E'\\\\`, '$$ ', 'update ', '[']) {
    const sql = piece.repeat(Math.ceil(5e5 / piece.length))
    expect(sanitizedQuery(sql).length).toBeLessThanOrEqual(sql.length)
  }
})
