import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ALWAYS,
  adjustedCountOf,
  NEVER,
  probabilityOf,
  randomnessOf,
  thresholdOf,
} from '../../src/sampling/threshold.ts'
import { traceIdOf } from './make.ts'

/** "TraceState: Probability Sampling", the table of 1-in-N thresholds with precision 3, 4 and 5. */
const PUBLISHED = [
  [1, '0', '0', '0'],
  [2, '8', '8', '8'],
  [3, 'aab', 'aaab', 'aaaab'],
  [4, 'c', 'c', 'c'],
  [5, 'ccd', 'cccd', 'ccccd'],
  [8, 'e', 'e', 'e'],
  [10, 'e66', 'e666', 'e6666'],
  [16, 'f', 'f', 'f'],
  [100, 'fd71', 'fd70a', 'fd70a4'],
  [1000, 'ffbe7', 'ffbe77', 'ffbe76d'],
  [10_000, 'fff972', 'fff9724', 'fff97247'],
  [100_000, 'ffff584', 'ffff583a', 'ffff583a5'],
  [1_000_000, 'ffffef4', 'ffffef39', 'ffffef391'],
] as const

/** The same table: the exact adjusted counts with precision 4. */
const COUNTS = [
  ['8', 2],
  ['aaab', 3.00004577706569],
  ['cccd', 5.0000762951094835],
  ['e666', 9.99938968566813],
  ['fd70a', 99.99771123402633],
  ['ffbe77', 1000.012874769029],
  ['ffffef39', 999992.38556461],
] as const

const probability = fc.double({ min: 2 ** -56, max: 1, noNaN: true })

describe('thresholdOf', () => {
  test.each(PUBLISHED)('writes 1 in %d as the specification does', (n, three, four, five) => {
    expect(thresholdOf(1 / n, 3)).toBe(three.padEnd(14, '0'))
    expect(thresholdOf(1 / n)).toBe(four.padEnd(14, '0'))
    expect(thresholdOf(1 / n, 5)).toBe(five.padEnd(14, '0'))
  })

  test.each([
    [1, ALWAYS],
    [1.5, ALWAYS],
    [Number.POSITIVE_INFINITY, ALWAYS],
    [2 ** -56, 'ffffffffffffff'],
    [2 ** -55, 'fffffffffffffe'],
    [2 ** -57, NEVER],
    [0, NEVER],
    [-1, NEVER],
    [Number.NaN, NEVER],
  ])('has an answer at the edge: %d', (p, threshold) => {
    expect(thresholdOf(p)).toBe(threshold)
  })

  test('is 14 lower-case hex digits for every probability and precision', () => {
    fc.assert(
      fc.property(probability, fc.integer({ min: 1, max: 12 }), (p, precision) => {
        expect(thresholdOf(p, precision)).toMatch(/^[0-9a-f]{14}$/)
      }),
    )
  })

  test('never falls when the probability falls', () => {
    fc.assert(
      fc.property(probability, probability, (a, b) => {
        expect(thresholdOf(Math.max(a, b)) <= thresholdOf(Math.min(a, b))).toBe(true)
      }),
    )
  })

  test('stays within 2^-12 of the probability asked for', () => {
    fc.assert(
      // Below 2^-40 fewer than four digits are left.
      fc.property(fc.double({ min: 2 ** -40, max: 1, noNaN: true }), (p) => {
        expect(Math.abs(probabilityOf(thresholdOf(p)) / p - 1)).toBeLessThanOrEqual(2 ** -12)
      }),
    )
  })
})

describe('adjustedCountOf', () => {
  test.each(COUNTS)('restores the count the specification gives for th:%s', (th, count) => {
    expect(adjustedCountOf(th.padEnd(14, '0'))).toBeCloseTo(count, 6)
  })

  test('counts a certain trace as itself and an impossible one as endless', () => {
    expect(adjustedCountOf(ALWAYS)).toBe(1)
    expect(adjustedCountOf(NEVER)).toBe(Number.POSITIVE_INFINITY)
    expect(adjustedCountOf('ffffffffffffff')).toBe(2 ** 56)
  })
})

test('the randomness of a trace is its right-most 56 bits, unless it says otherwise', () => {
  expect(randomnessOf(traceIdOf('84eb6211c80319'))).toBe('84eb6211c80319')
  expect(randomnessOf(traceIdOf('84eb6211c80319'), '00000000000001')).toBe('00000000000001')
})
