// In: texts with and without personal data. Out: what the detectors replace, and what they leave alone.
import { createHmac } from 'node:crypto'
import { allOf, cards, detect, emails, hmac, ips, maskKeys, nationalIds, secrets } from 'clew/privacy'
import { describe, expect, test } from 'vitest'

const KEY = 'sixteen characters and more'

describe.each([
  [
    'emails',
    emails(),
    ['a@b.example', 'first.last+tag@mail.example.co.uk', 'x_y%z@sub-domain.example'],
    ['a@b', '@handle', 'user@', 'npm i pkg@1.2.3 now'],
  ],
  [
    'cards',
    cards(),
    ['4111111111111111', '4111 1111 1111 1111', '5500-0000-0000-0004', '378282246310005'],
    ['4111111111111112', '1234567890123', '4bf92f3577b34da6a3ce929d0e0e4736', '1700000000000', '2027-01-15 08:00:00'],
  ],
  [
    'ips',
    ips(),
    ['192.0.2.1', '255.255.255.255', '2001:db8::1', '2001:0db8:0:0:0:0:0:1', 'fe80::1', '::ffff'],
    ['127.0.0.1', '::1', '1.2.3', '1.2.3.4.5', '256.1.1.1', '12:30:45'],
  ],
  [
    'nationalIds',
    nationalIds(),
    ['078-05-1120', 'AB 12 34 56 C', 'AB123456C', 'DE89 3704 0044 0532 0130 00', 'GB29NWBK60161331926819'],
    ['000-05-1120', '078-00-1120', 'DE88 3704 0044 0532 0130 00', '2027-01-15', 'ORDER-1234'],
  ],
  [
    'secrets',
    secrets(),
    [
      'Bearer abcdefghijkl',
      'Basic dXNlcjpwYXNz',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef',
      'AKIAIOSFODNN7EXAMPLE',
      'sk_live_abcdefgh1234',
      'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    ],
    ['bearer', 'basic idea', 'eyJ.a.b', 'sketch'],
  ],
] as const)('%s', (_name, detector, found, left) => {
  const redact = detect([detector])

  test.each(found.map((text) => [text]))('finds %j, alone and in a sentence', (text) => {
    expect(redact('k', text, 'span')).toBe('REDACTED')
    expect(redact('k', `before ${text} after`, 'span')).toBe('before REDACTED after')
  })

  test.each(left.map((text) => [text]))('leaves %j alone', (text) => {
    expect(redact('k', text, 'span')).toBe(text)
  })

  test('takes time in proportion to the text', () => {
    for (const hostile of [
      'a'.repeat(200_000),
      '4'.repeat(200_000),
      ':'.repeat(200_000),
      '1.'.repeat(100_000),
      'a@'.repeat(100_000),
      'AB12 '.repeat(40_000),
      'eyJ'.repeat(60_000),
      '-----BEGIN '.repeat(18_000),
      'basic '.repeat(30_000),
      '"password'.repeat(25_000),
      '"password":"'.repeat(20_000),
      'cookie: '.repeat(25_000),
      '"'.repeat(200_000),
    ]) {
      const started = performance.now()
      redact('k', hostile, 'span')
      // A quadratic search of this takes minutes.
      expect(performance.now() - started).toBeLessThan(5000)
    }
  })
})

test('detectors look into arrays and maps, and at numbers', () => {
  const redact = detect([emails(), cards()])
  expect(redact('k', { to: ['a@b.example', 1], card: 4111111111111111, n: 5, no: null }, 'span')).toEqual({
    to: ['REDACTED', 1],
    card: 'REDACTED',
    n: 5,
    no: null,
  })
})

describe('hmac', () => {
  test.each([
    '',
    'a',
    'a@b.example',
    'ü€😀',
    'x'.repeat(55),
    'x'.repeat(56),
    'x'.repeat(63),
    'x'.repeat(64),
    'x'.repeat(1000),
  ])('is the HMAC-SHA-256 of %j', (text) => {
    for (const key of [KEY, 'k'.repeat(64), 'k'.repeat(65), 'k'.repeat(200)])
      expect(hmac(key)(text)).toBe(`hmac:${createHmac('sha256', key).update(text).digest('hex').slice(0, 16)}`)
  })
  test('keeps users apart, and one user together', () => {
    const redact = detect([emails()], hmac(KEY))
    const [a, again, b] = ['a@x.example', 'a@x.example', 'b@x.example'].map((text) => redact('k', text, 'span'))
    expect(a).toBe(again)
    expect(a).not.toBe(b)
  })
  test('refuses a key that could be guessed', () => expect(() => hmac('short')).toThrow(/16/))
})

describe('maskKeys and allOf', () => {
  test('replace what is under a matching key, whatever it is, each time', () => {
    const redact = maskKeys(/^user\./g)
    for (const value of ['x', 1, true, { a: 1 }]) expect(redact('user.id', value, 'span')).toBe('REDACTED')
    expect(redact('user.ids', ['a', 2], 'span')).toEqual(['REDACTED', 'REDACTED'])
    expect(redact('order.id', 'x', 'span')).toBe('x')
    expect(redact('user.id', undefined, 'span')).toBeUndefined()
  })
  test('run in order', () => {
    const redact = allOf(maskKeys(/^id$/, hmac(KEY)), (_key, value) => `${value}!`)
    expect(redact('id', 'x', 'span')).toMatch(/^hmac:[0-9a-f]{16}!$/)
  })
})

test.each([
  ['failed with {"user":"ann","password":"hunter2"}', 'failed with {"user":"ann","password":"REDACTED"}'],
  ['{"api_key": "k1", "client_secret" : "k2"}', '{"api_key": "REDACTED", "client_secret" : "REDACTED"}'],
  ["{'accessToken': 'k1', 'n': 1}", "{'accessToken': 'REDACTED', 'n': 1}"],
  ['{"body":"{\\"password\\":\\"hunter2\\"}"}', '{"body":"{\\"password\\":\\"REDACTED\\"}"}'],
  ['GET / HTTP/1.1\r\nCookie: sid=1; a=b\r\nHost: a', 'GET / HTTP/1.1\r\nCookie: REDACTED\r\nHost: a'],
  ["{ authorization: 'Digest abc', x: 1 }", "{ authorization: 'REDACTED', x: 1 }"],
  ['{"token_count": 5, "password": ""}', '{"token_count": 5, "password": ""}'],
  ['no cookies, no tokens: none', 'no cookies, no tokens: none'],
])('secrets() in JSON and headers written as text: %j', (text, expected) => {
  expect(detect([secrets()])('k', text, 'span')).toBe(expected)
})
