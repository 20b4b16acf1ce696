import { describe, expect, test } from 'vitest'
import { draws } from '../../scripts/simulate/random.ts'
import { type AdaptiveOptions, adaptive } from '../../src/sampling/adaptive.ts'
import { adaptiveRates, probabilityFor } from '../../src/sampling/adaptive-rates.ts'
import { byRoute, byRouteAndStatus, entryOf, KEY_LENGTH, OVERFLOW } from '../../src/sampling/key.ts'
import { randomnessAt, trace } from './make.ts'

const T0 = 1_700_000_000_000

interface Load {
  readonly route: string
  readonly perSecond: number
}

/** Kept traces by route from `fromMs` to `toMs`, of a load that comes evenly in time and randomly in its ids. */
const keptOf = (
  options: AdaptiveOptions,
  loads: readonly Load[] | ((ms: number) => readonly Load[]),
  fromMs: number,
  toMs: number,
): Record<string, number> => {
  const sampler = adaptive(options)
  const { uniform } = draws(11)
  const kept: Record<string, number> = {}
  for (let ms = 0; ms < toMs; ms += 10) {
    for (const { route, perSecond } of typeof loads === 'function' ? loads(ms) : loads) {
      const due = Math.floor(((ms + 10) * perSecond) / 1000) - Math.floor((ms * perSecond) / 1000)
      for (let i = 0; i < due; i++) {
        const root = { name: route, traceState: '' }
        const { keep } = sampler.decide(trace({ nowMs: T0 + ms, randomness: randomnessAt(uniform()), root }))
        if (keep && ms >= fromMs) kept[route] = (kept[route] ?? 0) + 1
      }
    }
  }
  return kept
}

const total = (kept: Record<string, number>): number => Object.values(kept).reduce((a, b) => a + b, 0)

describe('adaptive', () => {
  test.each([
    [10, [{ route: 'a', perSecond: 1000 }]],
    [
      10,
      [
        { route: 'a', perSecond: 500 },
        { route: 'b', perSecond: 50 },
        { route: 'c', perSecond: 5 },
      ],
    ],
    [
      40,
      [
        { route: 'a', perSecond: 200 },
        { route: 'b', perSecond: 200 },
      ],
    ],
  ])('comes within a tenth of %d a second after warm-up', (perSecond, loads) => {
    const kept = total(keptOf({ perSecond }, loads, 60_000, 360_000)) / 300
    expect(kept / perSecond).toBeGreaterThan(0.9)
    expect(kept / perSecond).toBeLessThan(1.1)
  })

  test('keeps everything when there is less than the target', () => {
    const kept = keptOf(
      { perSecond: 10 },
      [
        { route: 'a', perSecond: 5 },
        { route: 'b', perSecond: 1 },
      ],
      0,
      60_000,
    )
    expect(kept).toEqual({ a: 300, b: 60 })
  })

  test('keeps a rare kind whole and thins the hot one', () => {
    const loads = [
      { route: 'hot', perSecond: 2000 },
      { route: 'rare', perSecond: 0.05 },
    ]
    const kept = keptOf({ perSecond: 10 }, loads, 0, 300_000)
    expect(kept['rare']).toBe(15)
    expect(kept['hot']! / 300).toBeLessThan(12)
  })

  test('spends no more than its logarithm on a burst', () => {
    const burst = (ms: number) => [{ route: 'a', perSecond: ms >= 120_000 && ms < 121_000 ? 10_000 : 100 }]
    const kept = total(keptOf({ perSecond: 10 }, burst, 120_000, 121_000))
    expect(kept).toBeGreaterThan(10)
    expect(kept).toBeLessThan(150 * (1 + Math.log(10_000 / 1500)))
  })

  test('sees the first of every kind in its first second, and stays near its target at once', () => {
    const loads = Array.from({ length: 20 }, (_, i) => ({ route: `r${i}`, perSecond: 50 }))
    const kept = keptOf({ perSecond: 10 }, loads, 0, 1000)
    expect(Object.keys(kept)).toHaveLength(20)
    // Twenty firsts, and for each the sum of 1/n over its fifty.
    expect(total(kept)).toBeLessThan(20 * (1 + Math.log(50)) + 20)
  })

  test('can hold its target for each kind, and by the minute', () => {
    const loads = [
      { route: 'a', perSecond: 100 },
      { route: 'b', perSecond: 20 },
    ]
    const kept = keptOf({ perMinute: 60, each: true }, loads, 60_000, 660_000)
    for (const route of ['a', 'b']) expect(Math.abs(kept[route]! / 600 - 1)).toBeLessThan(0.15)
  })

  test('forgets a load that has ended, in one look after a long pause', () => {
    const rates = adaptiveRates({ perSecond: 10, each: false, maxKeys: 8, intervalMs: 15_000, weight: 0.5 })
    for (let ms = 0; ms < 60_000; ms++) probabilityFor(rates, 'a', T0 + ms)
    expect(probabilityFor(rates, 'a', T0 + 60_000)).toBeLessThan(0.02)
    expect(probabilityFor(rates, 'a', T0 + 3_600_000)).toBe(1)
  })

  test('takes clocks that stand still or go back', () => {
    const rates = adaptiveRates({ perSecond: 10, each: false, maxKeys: 8, intervalMs: 15_000, weight: 0.5 })
    for (const ms of [0, 0, -5000, 20_000, 20_000, 0, 40_000]) {
      const probability = probabilityFor(rates, 'a', T0 + ms)
      expect(probability).toBeGreaterThan(0)
      expect(probability).toBeLessThanOrEqual(1)
    }
  })

  test('holds no more kinds than it may, and gives the rest a rate of their own', () => {
    const rates = adaptiveRates({ perSecond: 10, each: false, maxKeys: 3, intervalMs: 15_000, weight: 0.5 })
    for (let i = 0; i < 100; i++) probabilityFor(rates, `k${i}`, T0)
    expect([...rates.table.entries.keys()]).toEqual(expect.arrayContaining([OVERFLOW]))
    expect(rates.table.entries.size).toBe(4)
  })

  test.each([{}, { perSecond: 0 }, { perMinute: -1 }])('refuses %o in a sentence', (options) => {
    expect(() => adaptive(options)).toThrow(/adaptive: perSecond or perMinute must be a number/)
  })
})

describe('keys', () => {
  const attributes = { 'http.request.method': 'GET', 'http.route': '/carts/:id', 'http.response.status_code': 503 }

  test('are method and route, or the name where no route is known', () => {
    expect(byRoute(trace({ root: { attributes } }))).toBe('GET /carts/:id')
    expect(byRoute(trace({ root: { name: 'queue jobs' } }))).toBe('queue jobs')
    expect(byRouteAndStatus(trace({ root: { attributes } }))).toBe('GET /carts/:id 5xx')
    expect(byRouteAndStatus(trace({ root: { name: 'queue jobs' } }))).toBe('queue jobs -')
  })

  test('are cut to a length, so that a table has a size', () => {
    const entries = new Map<string, { usedMs: number }>()
    entryOf({ entries, limit: 2 }, 'x'.repeat(1000), T0, 1000, () => ({ usedMs: 0 }))
    expect([...entries.keys()][0]).toHaveLength(KEY_LENGTH)
  })
})
