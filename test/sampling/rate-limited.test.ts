import { describe, expect, test } from 'vitest'
import { parentBased } from '../../src/sampling/parent-based.ts'
import { rateLimited } from '../../src/sampling/rate-limited.ts'
import { traceIdRatio } from '../../src/sampling/ratio.ts'
import { reservoir } from '../../src/sampling/reservoir.ts'
import type { Sampler } from '../../src/sampling/sampler.ts'
import { take, tokenBucket } from '../../src/sampling/token-bucket.ts'
import { input, remoteParent, traceIdOf } from './make.ts'

const T0 = 1_700_000_000_000

const keptOf = (sampler: Sampler, times: readonly number[], fields: Parameters<typeof input>[0] = {}): number =>
  times.filter((ms) => sampler.shouldSample(input({ nowMs: T0 + ms, ...fields })).decision === 'RECORD_AND_SAMPLE')
    .length

const at = (ms: number, times: number): readonly number[] => Array.from({ length: times }, () => ms)

describe('tokenBucket', () => {
  test('starts full and gives one second of tokens at most', () => {
    const bucket = tokenBucket(2)
    expect([take(bucket, T0), take(bucket, T0), take(bucket, T0)]).toEqual([true, true, false])
    expect([take(bucket, T0 + 499), take(bucket, T0 + 500)]).toEqual([false, true])
    expect([10_000, 10_000, 10_000].map((ms) => take(bucket, T0 + ms))).toEqual([true, true, false])
  })

  test('mints nothing while time stands still or goes back', () => {
    const bucket = tokenBucket(1)
    take(bucket, T0)
    expect([take(bucket, T0 - 60_000), take(bucket, T0), take(bucket, T0 + 999)]).toEqual([false, false, false])
    expect(take(bucket, T0 + 1000)).toBe(true)
  })

  test('lets a cost beyond its capacity through when full, and is in debt afterwards', () => {
    const bucket = tokenBucket(10)
    expect(take(bucket, T0, 30)).toBe(true)
    expect(take(bucket, T0 + 2000, 1)).toBe(false)
    expect(take(bucket, T0 + 2100, 1)).toBe(true)
  })

  test('of 0 a second gives nothing', () => {
    expect(take(tokenBucket(0), T0)).toBe(false)
  })
})

describe('rateLimited', () => {
  test('samples up to its burst at once and its rate afterwards', () => {
    const sampler = rateLimited(10, { burst: 3 })
    expect(keptOf(sampler, at(0, 20))).toBe(3)
    expect(keptOf(sampler, at(100, 20))).toBe(1)
    expect(
      keptOf(
        sampler,
        Array.from({ length: 1000 }, (_, i) => 1000 + i * 10),
      ),
    ).toBe(102)
  })

  test('lets another sampler decide beyond', () => {
    const sampler = rateLimited(1, { beyond: traceIdRatio(0.5) })
    expect(keptOf(sampler, at(0, 5), { traceId: traceIdOf('80000000000000') })).toBe(5)
    expect(keptOf(sampler, at(0, 5), { traceId: traceIdOf('7fffffffffffff') })).toBe(0)
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d a second in a sentence', (perSecond) => {
    expect(() => rateLimited(perSecond)).toThrow(/rateLimited: perSecond must be a number 0 or more/)
  })

  test("honours strangers' sampled flags within a budget, and never spends it on our own roots", () => {
    const sampler = parentBased({ root: traceIdRatio(1), remoteParentSampled: rateLimited(5) })
    expect(keptOf(sampler, at(0, 1000), { parent: remoteParent(1) })).toBe(5)
    expect(keptOf(sampler, at(0, 1000), { parent: remoteParent(0), upstream: 'debug' })).toBe(0)
    expect(keptOf(sampler, at(0, 10))).toBe(10)
  })

  test("keeps the parent's threshold until it refuses somebody, and again once the bucket is full", () => {
    const sampler = parentBased({ root: traceIdRatio(1), remoteParentSampled: rateLimited(2) })
    const parent = remoteParent(1, 'ot=th:8')
    const seen = [0, 0, 0, 500, 3000, 3000].map((ms) => {
      const { decision, traceState } = sampler.shouldSample(input({ nowMs: T0 + ms, parent }))
      return decision === 'DROP' ? 'dropped' : (traceState ?? 'as it was')
    })
    expect(seen).toEqual(['as it was', 'as it was', 'dropped', '', 'as it was', 'as it was'])
  })
})

describe('reservoir', () => {
  test('keeps the first of every second and a share of the rest', () => {
    const sampler = reservoir(1, 0.05)
    const never = { traceId: traceIdOf('00000000000000') }
    expect(keptOf(sampler, [0, 1, 2, 3, 1000, 1001, 2000], never)).toBe(3)
    expect(keptOf(sampler, at(2001, 10), { traceId: traceIdOf('ffffffffffffff') })).toBe(10)
  })

  test('does not save up', () => {
    expect(keptOf(reservoir(1, 0), at(60_000, 10))).toBe(1)
  })

  test('of nothing is its ratio', () => {
    expect(keptOf(reservoir(0, 0), at(0, 10))).toBe(0)
    expect(keptOf(reservoir(0, 1), at(0, 10))).toBe(10)
  })

  test('refuses a ratio above 1', () => {
    expect(() => reservoir(1, 5)).toThrow(/reservoir: ratio must be a number from 0 to 1, but is 5/)
  })
})
