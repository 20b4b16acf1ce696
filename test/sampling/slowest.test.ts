import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { draws } from '../../scripts/simulate/random.ts'
import {
  BUCKETS,
  CAPACITY,
  decay,
  edgeAbove,
  observe,
  quantileSketch,
  RELATIVE_ERROR,
} from '../../src/sampling/quantile-sketch.ts'
import { slowest } from '../../src/sampling/slowest.ts'
import { trace } from './make.ts'

const T0 = 1_700_000_000_000
const sum = (buckets: Uint16Array): number => buckets.reduce((a, b) => a + b, 0)

describe('the sketch', () => {
  test('answers a quantile never above the true one, and below it by at most its stated error', () => {
    const duration = fc.double({ min: 1, max: 280_000, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, at) => {
          const sketch = quantileSketch(T0)
          for (const ms of list) observe(sketch, ms)
          const rank = 1 + Math.floor(at * (list.length - 1))
          const truth = list.sort((a, b) => b - a)[rank - 1]!
          const answer = edgeAbove(sketch, rank)
          expect(answer).toBeLessThanOrEqual(truth * (1 + 1e-8))
          expect(answer * (1 + RELATIVE_ERROR)).toBeGreaterThanOrEqual(truth * (1 - 1e-8))
        },
      ),
    )
  })

  test('holds what is faster than 1 ms and slower than its range', () => {
    const sketch = quantileSketch(T0)
    for (const ms of [0, 0.999, -5, 1e9, Number.POSITIVE_INFINITY]) observe(sketch, ms)
    expect([sketch.count, sketch.buckets[0], sketch.buckets[BUCKETS - 1]]).toEqual([5, 3, 2])
    expect(edgeAbove(sketch, 3)).toBe(0)
  })

  test('never counts a bucket past 16 bits, whatever comes', () => {
    const sketch = quantileSketch(T0)
    for (let i = 0; i < 3 * CAPACITY; i++) observe(sketch, 100)
    expect(sketch.count).toBeLessThan(CAPACITY)
    expect(sum(sketch.buckets)).toBe(sketch.count)
  })

  test('keeps the shape of its tail when it is halved', () => {
    const sketch = quantileSketch(T0)
    const random = draws(1)
    for (let i = 0; i < 20_000; i++) observe(sketch, random.logNormal(100, 0.5))
    const before = edgeAbove(sketch, 1000)
    decay(sketch, T0 + 1000, 1000)
    expect(sketch.count).toBeGreaterThan(9900)
    expect(sketch.count).toBeLessThan(10_100)
    expect(edgeAbove(sketch, 500) / before).toBeCloseTo(1, 1)
  })

  test('halves once for every half-life that passed, and not before', () => {
    const sketch = quantileSketch(T0)
    for (let i = 0; i < 1024; i++) observe(sketch, 100)
    decay(sketch, T0 + 999, 1000)
    expect(sketch.count).toBe(1024)
    decay(sketch, T0 + 3000, 1000)
    expect(sketch.count).toBe(128)
    decay(sketch, T0 + 18_000, 1000)
    expect(sketch.count).toBe(1)
    decay(sketch, T0 + 34_000, 1000)
    expect([sketch.count, sum(sketch.buckets)]).toEqual([0, 0])
  })
})

describe('slowest', () => {
  const at = (durationMs: number, nowMs: number, route = '/a') =>
    trace({ durationMs, nowMs, root: { attributes: { 'http.request.method': 'GET', 'http.route': route } } })

  test('keeps everything until a percentile can be known, then the slow ones', () => {
    const sampler = slowest({ percentile: 95 })
    const first = Array.from({ length: 20 }, (_, i) => sampler.decide(at(10 + i, T0)).keep)
    expect(first).toEqual(first.map(() => true))
    expect(sampler.decide(at(10, T0)).keep).toBe(false)
    expect(sampler.decide(at(1000, T0))).toEqual({ keep: true, policy: 'slowest(95)', traceState: 'ot=th:0' })
  })

  test('keeps at least 99 % of the slowest 5 %, and not much more than 6 %', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.2, max: 1.2, noNaN: true }), (seed, sigma) => {
        const random = draws(seed)
        const sampler = slowest()
        const durations = Array.from({ length: 20_000 }, () => random.logNormal(80, sigma))
        const kept = durations.map((ms, i) => sampler.decide(at(ms, T0 + i * 10)).keep)
        const cut = [...durations].sort((a, b) => b - a)[999]!
        const missed = durations.filter((ms, i) => ms >= cut && !kept[i]).length
        expect(missed).toBeLessThanOrEqual(10)
        expect(kept.filter(Boolean).length).toBeLessThan(20_000 * 0.08)
      }),
      { numRuns: 6, seed: 3 },
    )
  })

  test('tells routes apart', () => {
    const sampler = slowest()
    for (let i = 0; i < 1000; i++) {
      sampler.decide(at(10 + (i % 10), T0 + i, '/fast'))
      sampler.decide(at(1000 + (i % 10), T0 + i, '/slow'))
    }
    expect(sampler.decide(at(100, T0 + 1000, '/fast')).keep).toBe(true)
    expect(sampler.decide(at(100, T0 + 1000, '/slow')).keep).toBe(false)
  })

  test('follows a route that became faster', () => {
    const sampler = slowest({ halfLifeMs: 60_000 })
    for (let i = 0; i < 5000; i++) sampler.decide(at(1000 + (i % 100), T0 + i))
    for (let i = 0; i < 5000; i++) sampler.decide(at(10 + (i % 10), T0 + 600_000 + i * 100))
    expect(sampler.decide(at(100, T0 + 1_200_000)).keep).toBe(true)
    expect(sampler.decide(at(10, T0 + 1_200_000)).keep).toBe(false)
  })

  test('lets kinds beyond its limit share one estimate, and takes the place of one that has gone', () => {
    const sampler = slowest({ maxKeys: 2, halfLifeMs: 1000 })
    const isNew = (route: string, nowMs: number): boolean => sampler.decide(at(1, nowMs, route)).keep
    const learn = (route: string, nowMs: number): void => {
      for (let i = 0; i < 100; i++) sampler.decide(at(1000, nowMs, route))
    }
    for (const route of ['/a', '/b', '/c']) learn(route, T0)
    expect(['/a', '/b', '/c', '/d'].map((route) => isNew(route, T0))).toEqual([false, false, false, false])
    // Four half-lives later /a has given up its place; a new kind starts by keeping.
    learn('/b', T0 + 4000)
    expect(isNew('/e', T0 + 4000)).toBe(true)
  })

  test.each([49, 100, Number.NaN])('refuses the percentile %d', (percentile) => {
    expect(() => slowest({ percentile })).toThrow(/slowest: percentile must be a number from 50 to 99.9/)
  })
})
