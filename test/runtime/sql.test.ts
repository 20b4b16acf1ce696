// Summaries and texts of queries (semantic conventions 1.44, database spans).
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { querySummary as ofSanitized, sanitizedQuery } from '../../src/runtime/sql.ts'

const querySummary = (sql: string): string => ofSanitized(sanitizedQuery(sql))

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
  [`SELECT "its", [o'k], \`q'\` FROM "t 1" WHERE "a" = ?`, `SELECT "its", [o'k], \`q'\` FROM "t 1" WHERE "a" = ?`],
  [`SELECT * FROM t WHERE name = "alice" AND x<"b"`, 'SELECT * FROM t WHERE name = ? AND x<?'],
  [`SELECT '-- no comment', a`, 'SELECT ?, a'],
  [`SELECT 'never ends`, 'SELECT ?'],
])('%j leaves as %j', (sql, expected) => expect(sanitizedQuery(sql)).toBe(expected))

describe('literals of every dialect', () => {
  it.each([
    // PostgreSQL
    ['select $fn$ it is $$ 5 $fn$, $$a$$, $1', 'select ?, ?, $1'],
    [`select E'a\\'b', U&'d\\0061t', B'101', X'1F'`, 'select ?, ?, ?, ?'],
    [
      `select data->>'name', data #>> '{a,b}' from t where data @> '{"pin": 1}'::jsonb`,
      'select data->>?, data #>> ? from t where data @> ?::jsonb',
    ],
    [`select ARRAY['a', 5], tags['a'], tags[1:2] from t`, 'select ARRAY[?, ?], tags[?], tags[?:?] from t'],
    ['select 1 /* a /* b */ c */ + 2', 'select ?'],
    ['select 1_000, 0b11, 0o17, .5, 1., 1.5e-3, 7e+2', 'select ?, ?, ?, ?, ?, ?, ?'],
    [
      'select "users"."id" from "users" where "users"."id" = "carts"."user_id"',
      'select "users"."id" from "users" where "users"."id" = "carts"."user_id"',
    ],
    [
      'insert into "users" ("id", "first name") values ($1, $2) returning "id"',
      'insert into "users" ("id", "first name") values ($1, $2) returning "id"',
    ],
    // SQLite and MySQL
    [
      'insert into t (a, b) values ("ann", "bob") on conflict do nothing',
      'insert into t (a, b) values (?, ?) on conflict do nothing',
    ],
    ['select * from t where a in ("ann", "bob") and "b" like "c%"', 'select * from t where a in (?, ?) and "b" like ?'],
    ['select "ann@mail.example" from "t"', 'select ? from "t"'],
    ['select `a b` from `t` # why\nwhere a = 1', 'select `a b` from `t`  \nwhere a = ?'],
    [`select 'it\\'s', b from t where c = 'x'`, 'select ?'],
    // T-SQL
    [
      "select [first name] from [dbo].[my table] where [id] = @id and n = N'ann'",
      'select [first name] from [dbo].[my table] where [id] = @id and n = ?',
    ],
    // CQL
    [`insert into t (m) values ({'a':1234, 'b': 5})`, 'insert into t (m) values ({?:?, ?: ?})'],
    // Parameters of every kind
    [
      'a = ? and b = ?1 and c = $1 and d = :d and e = @e and f = :1 and g = $g',
      'a = ? and b = ?1 and c = $1 and d = :d and e = @e and f = :1 and g = $g',
    ],
  ])('%j leaves as %j', (sql, expected) => expect(sanitizedQuery(sql)).toBe(expected))

  /** Every literal has one of these in it, and nothing else has. */
  const [TEXT, DIGITS] = ['pl4nt3d', '7357']
  const literals = [
    `'${TEXT}'`,
    `'it''s ${TEXT} ''${TEXT}'`,
    `E'a\\'${TEXT}'`,
    `e'\\\\${TEXT}'`,
    `N'${TEXT}'`,
    `U&'${TEXT}'`,
    `X'${DIGITS}'`,
    `$$${TEXT} 'a$$`,
    `$fn$ $$ ${TEXT} " $fn$`,
    `/* ${TEXT} */`,
    `/* a /* b */ ${TEXT} */`,
    `-- ${TEXT}'\n`,
    `# ${TEXT}"\n`,
    `= "${TEXT}"`,
    `<> "${TEXT}"`,
    `like "${TEXT}"`,
    `in ("a", "${TEXT}")`,
    `values ("${TEXT}", "${TEXT}")`,
    `"${TEXT}@a"`,
    `${DIGITS}`,
    `-${DIGITS}.5`,
    `.${DIGITS}`,
    `0x${DIGITS}`,
    `${DIGITS[0]}_${DIGITS}`,
    `${DIGITS}e-${DIGITS}`,
    `${DIGITS}::int`,
    `ARRAY['${TEXT}', ${DIGITS}]`,
    `tags['${TEXT}']`,
    `{'a':${DIGITS}}`,
    `->>'${TEXT}'`,
    `@> '{"a":"${TEXT}"}'::jsonb`,
    `#>> '{${TEXT}}'`,
  ]
  const others = [
    'select',
    'from',
    'where',
    'and',
    'or',
    ',',
    '(',
    ')',
    '=',
    '||',
    '->',
    '?',
    '$1',
    ':name',
    '@p',
    '?2',
    't2',
    'a.b',
    '"a"."b"',
    '"first name"',
    '`t 1`',
    '[my col]',
    'limit',
    'case when',
    'then',
    'end',
    'as',
    ';',
    '*',
    'values',
    'in',
    'set',
    "''",
    '""',
    '$$$$',
  ]
  const part = fc.oneof(fc.constantFrom(...literals), fc.constantFrom(...others))
  const query = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(' '))

  it('none survives, wherever it stands and whatever stands around it', () => {
    fc.assert(
      fc.property(query, (sql) => {
        expect(sanitizedQuery(sql)).not.toMatch(new RegExp(`${TEXT}|${DIGITS}`))
        expect(querySummary(sql)).not.toMatch(new RegExp(`${TEXT}|${DIGITS}`))
      }),
      { numRuns: 5000 },
    )
  })

  it('one that never ends hides what comes after it', () => {
    const open = fc.constantFrom(`'`, `"`, '`', '$$', '$a$', `E'`, '/*')
    fc.assert(
      fc.property(query, open, (sql, quote) => {
        expect(sanitizedQuery(`select a from t where b ${quote}${TEXT}`)).not.toContain(TEXT)
        expect(sanitizedQuery(`${sql} ${quote}${TEXT} ${DIGITS}`)).not.toMatch(new RegExp(`${TEXT}|${DIGITS}`))
      }),
    )
  })

  it('names and parameters stay, in the order they came', () => {
    const names = ['carts', 't2', 'a.b', '"users"."id"', '"first name"', '`t 1`', '[my col]', '$1', ':name', '@p', '?']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names)), (all) => {
        expect(sanitizedQuery(`select ${all.join(' , ')}`)).toBe(`select ${all.join(' , ')}`.trim())
      }),
    )
  })

  it('any text at all is read, and never grows', () => {
    const any = fc.string({ unit: fc.constantFrom(...`'"\`[]$-/*#eE01aA._:?\\ \n(){}=`), maxLength: 200 })
    fc.assert(
      fc.property(any, (sql) => {
        const once = sanitizedQuery(sql)
        expect(once.length).toBeLessThanOrEqual(sql.length)
        expect(querySummary(sql).length).toBeLessThanOrEqual(255)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('time is linear', () => {
  const pieces = [
    `'a''`,
    '--x\n',
    '/*',
    '/* ',
    '*/',
    '"a',
    '"a" ',
    '[',
    '[a',
    `E'\\\\`,
    '$$ ',
    '$a$ ',
    '$a',
    'update ',
    'values (',
    'in      ',
    '1_',
    '1e+',
    '.1',
    '#\n',
    '`',
    '"x" .',
    'array [',
    "\\'",
    'from if not ',
  ]
  /** The shortest of three. */
  const timeOf = (sql: string): number => {
    const times = Array.from({ length: 3 }, () => {
      const startMs = performance.now()
      sanitizedQuery(sql)
      querySummary(sql)
      return performance.now() - startMs
    })
    return Math.min(...times)
  }

  it.each(pieces)('for %j, over and over: sixteen times as long takes less than a hundred times', (piece) => {
    const [few, many] = [25_000, 400_000].map((length) => piece.repeat(Math.ceil(length / piece.length)))
    // Quadratic time would be 256 times; what takes less than three milliseconds is not compared.
    expect(timeOf(many!)).toBeLessThan(100 * Math.max(3, timeOf(few!)))
  })
})
