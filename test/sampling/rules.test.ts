import { describe, expect, test } from 'vitest'
import { parseBaggage } from '../../src/propagate/baggage.ts'
import { alwaysOn } from '../../src/sampling/always.ts'
import { textTest, valueTest } from '../../src/sampling/match.ts'
import { type Rule, rules } from '../../src/sampling/rules.ts'
import { input } from './make.ts'

describe('textTest', () => {
  test.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'a', false],
    ['/carts/*', '/carts/42', true],
    ['/carts/*', '/carts', false],
    ['/CARTS/?', '/carts/4', true],
    ['/carts/?', '/carts/42', false],
    ['*/orders/*/lines', '/v1/orders/7/lines', true],
    ['*/orders/*/lines', '/v1/orders/7/line', false],
    ['a*b*c', 'abbbcbc', true],
    ['a*b*c', 'abbbcb', false],
    ['a.c', 'abc', false],
    [/^\/v\d/, '/v1', true],
    [/^\/v\d/g, '/x', false],
  ])('%s on %s: %s', (pattern, text, expected) => {
    const test = textTest(pattern)
    expect([test(text), test(text)]).toEqual([expected, expected])
  })

  test('takes no exponential time', () => {
    const hostile = 'a'.repeat(20_000)
    expect(textTest(`${'a*'.repeat(50)}b`)(hostile)).toBe(false)
  })

  test('does not match what is absent', () => {
    expect([undefined, null].map(textTest('*'))).toEqual([false, false])
  })
})

describe('valueTest', () => {
  test.each([
    ['a', 'a', true],
    ['a', 'A', false],
    ['a*', 'ab', false],
    [/^a/g, 'ab', true],
    [/^a/, 1, false],
    [true, true, true],
    [true, 'true', false],
    [5, 5, true],
    [{ min: 500 }, 500, true],
    [{ min: 500 }, 499, false],
    [{ min: 400, max: 499 }, 499, true],
    [{ min: 400, max: 499 }, 499.5, false],
    [{ min: 400 }, '500', false],
    [{ min: 400 }, 500n, true],
    [{ min: 400 }, undefined, false],
    [['a', /^b/], 'bb', true],
    [['a', /^b/], 'c', false],
    ['a', ['x', 'a'], true],
    ['a', [], false],
    ['a', undefined, false],
  ])('%o on %o: %s', (matcher, value, expected) => {
    expect(valueTest(matcher)(value)).toBe(expected)
  })
})

describe('rules', () => {
  const request = input({
    name: 'GET /carts/:id',
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/carts/:id',
      'url.path': '/carts/42',
      'tenant.tier': 'gold',
      'user.id': 'u-7',
    },
    headers: new Headers({ host: 'shop.example:8443', 'x-debug': 'please' }) as never,
    baggage: parseBaggage('beta=on,user.id=u-8'),
  })
  const holds = (conditions: Omit<Rule, 'sampler'>, fields = request): boolean =>
    rules([{ ...conditions, sampler: alwaysOn() }], { service: 'checkout' }).shouldSample(fields).decision !== 'DROP'

  test.each([
    [{}, true],
    [{ name: 'get *' }, true],
    [{ method: 'GET' }, true],
    [{ method: 'POST' }, false],
    [{ route: '/carts/:id' }, true],
    [{ path: '/carts/*' }, true],
    [{ path: /^\/orders/ }, false],
    [{ host: '*.example' }, true],
    [{ host: 'shop.example:8443' }, false],
    [{ service: 'check*' }, true],
    [{ service: 'cart' }, false],
    [{ user: 'u-7' }, true],
    [{ user: 'u-8' }, false],
    [{ headers: { 'X-Debug': 'p*' } }, true],
    [{ headers: { 'x-missing': '*' } }, false],
    [{ attributes: { 'tenant.tier': ['gold', 'silver'] } }, true],
    [{ attributes: { 'tenant.tier': 'bronze' } }, false],
    [{ baggage: { beta: 'on' } }, true],
    [{ baggage: { beta: 'off' } }, false],
    [{ when: ({ kind }: { kind: number }) => kind === 1 }, true],
    [{ method: 'GET', path: '/carts/*', attributes: { 'tenant.tier': 'gold' } }, true],
    [{ method: 'GET', path: '/orders/*' }, false],
  ])('%o holds: %s', (conditions, expected) => {
    expect(holds(conditions)).toBe(expected)
  })

  test('finds the user in the baggage where no attribute names one', () => {
    expect(holds({ user: 'u-8' }, input({ baggage: parseBaggage('user.id=u-8') }))).toBe(true)
  })

  test('asks in order and falls back to `otherwise`', () => {
    const mark = (mark: string) => ({
      shouldSample: () => ({ decision: 'RECORD_ONLY' as const, attributes: { mark } }),
      description: mark,
    })
    const sampler = rules(
      [
        { path: '/carts/*', sampler: mark('first') },
        { method: 'GET', sampler: mark('second') },
      ],
      {
        otherwise: mark('none'),
      },
    )
    expect(sampler.shouldSample(request).attributes).toEqual({ mark: 'first' })
    expect(sampler.shouldSample(input({ attributes: { 'http.request.method': 'GET' } })).attributes).toEqual({
      mark: 'second',
    })
    expect(sampler.shouldSample(input()).attributes).toEqual({ mark: 'none' })
    expect(sampler.description).toBe('Rules{first, second, none}')
  })
})
