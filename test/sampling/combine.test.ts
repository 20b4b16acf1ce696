import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { draws } from '../../scripts/simulate/random.ts'
import { StatusCode } from '../../src/flush/model.ts'
import { adaptive } from '../../src/sampling/adaptive.ts'
import { allOf, anyOf, drop, not } from '../../src/sampling/combine.ts'
import { attribute, errors, keepAll, slowerThan } from '../../src/sampling/conditions.ts'
import { bytesPerSecond, composite, spansPerSecond, tracesPerSecond } from '../../src/sampling/limits.ts'
import { readOt } from '../../src/sampling/ot.ts'
import { type PolicyLike, policy, toPolicy } from '../../src/sampling/policy.ts'
import { headSampled, ratio } from '../../src/sampling/share.ts'
import type { TailSampler } from '../../src/sampling/tail-sampler.ts'
import { adjustedCountOf } from '../../src/sampling/threshold.ts'
import { randomnessAt, trace } from './make.ts'

const yes = (name = 'yes'): TailSampler => ({ decide: () => ({ keep: true, policy: name }), description: name })
const no = (): TailSampler => ({ decide: () => ({ keep: false }), description: 'no' })
const keeps = (like: PolicyLike): boolean => toPolicy(like).decide(trace()).keep

test.each([
  ['anyOf()', anyOf(), false],
  ['anyOf(no, yes)', anyOf(no(), yes()), true],
  ['anyOf(no, no)', anyOf(no(), no()), false],
  ['allOf()', allOf(), true],
  ['allOf(yes, yes)', allOf(yes(), yes()), true],
  ['allOf(yes, no)', allOf(yes(), no()), false],
  ['not(yes)', not(yes()), false],
  ['not(no)', not(no()), true],
  ['anyOf(yes, drop(no))', anyOf(yes(), drop(no())), true],
  ['anyOf(yes, drop(yes))', anyOf(yes(), drop(yes())), false],
  ['anyOf(drop(yes), yes)', anyOf(drop(yes()), yes()), false],
  ['anyOf(yes, anyOf(drop(yes)))', anyOf(yes(), anyOf(drop(yes()))), false],
  ['anyOf(yes, allOf(yes, drop(yes)))', anyOf(yes(), allOf(yes(), drop(yes()))), false],
  ['drop(yes)', drop(yes()), false],
  ['drop(no)', drop(no()), false],
])('%s keeps: %s', (_name, like, expected) => {
  expect(keeps(like)).toBe(expected)
})

test('the first policy that keeps gives the reason; allOf gives all of them', () => {
  expect(anyOf(no(), yes('a'), yes('b')).decide(trace()).policy).toBe('a')
  expect(anyOf(no(), allOf(yes('a'), yes('b'))).decide(trace()).policy).toBe('a + b')
  expect(not(no()).decide(trace()).policy).toBe('not(no)')
})

test('descriptions read like the code', () => {
  expect(anyOf(errors(), allOf(slowerThan(500), not(ratio(0.1))), (t) => t.dropped > 0).description).toBe(
    'anyOf(errors, allOf(slowerThan(500), not(ratio(0.1))), function)',
  )
})

test('what learns from every trace is asked about every trace, what spends only when it matters', () => {
  const learns = vi.fn(() => ({ keep: false, threshold: 'g' }))
  const spends = vi.fn(() => ({ keep: false, threshold: 'g' }))
  const both = [policy('spends', spends, true), policy('learns', learns)]
  anyOf(...both, keepAll()).decide(trace())
  allOf(...both, no()).decide(trace())
  expect(learns).toHaveBeenCalledTimes(2)
  expect(spends).toHaveBeenCalledTimes(0)
  anyOf(...both, ratio(1e-9)).decide(trace())
  expect(spends).toHaveBeenCalledTimes(1)
})

describe('weights', () => {
  const at = (fraction: number, like: PolicyLike) =>
    toPolicy(like).decide(trace({ randomness: randomnessAt(fraction) }))

  test('anyOf has the lowest threshold, whichever policy came first', () => {
    expect(at(0.9, anyOf(ratio(0.25), ratio(0.5))).traceState).toBe('ot=th:8')
    expect(at(0.9, anyOf(ratio(0.25), keepAll())).traceState).toBe('ot=th:0')
    expect(at(0.6, anyOf(ratio(0.25), ratio(0.5)))).toEqual({ keep: true, policy: 'ratio(0.5)', traceState: 'ot=th:8' })
  })

  test('allOf has the highest', () => {
    expect(at(0.9, allOf(ratio(0.25), ratio(0.5), keepAll())).traceState).toBe('ot=th:c')
    expect(at(0.6, allOf(ratio(0.25), ratio(0.5)))).toEqual({ keep: false })
  })

  test('the inverse of chance has no threshold', () => {
    expect(at(0.1, not(ratio(0.5)))).toEqual({ keep: true, policy: 'not(ratio(0.5))' })
  })

  test('a limit counts what it refused, and the next one kept stands for it', () => {
    const limited = tracesPerSecond(1)
    const seen = [0, 1, 2, 3, 1000, 1001].map((ms) => limited.decide(trace({ nowMs: 1_000_000 + ms })))
    expect(seen.map(({ adjustedCount }) => adjustedCount)).toEqual([1, undefined, undefined, undefined, 4, undefined])
  })

  test('a weight that a sampler of your own gives is recorded', () => {
    const own: TailSampler = { decide: () => ({ keep: true, adjustedCount: 7 }), description: 'own' }
    expect(anyOf(own, errors()).decide(trace())).toEqual({ keep: true, policy: 'own', adjustedCount: 7 })
    expect(allOf(own, tracesPerSecond(1)).decide(trace()).adjustedCount).toBe(7)
  })

  /** Two in ten have an error, half are of one tenant. */
  const population = 12_000
  const sumOfWeights = (like: PolicyLike, seed: number): number => {
    const sampler = toPolicy(like)
    const next = draws(seed).uniform
    let sum = 0
    for (let i = 0; i < population; i++) {
      const randomness = randomnessAt(next())
      const sampledByHead = randomness >= '80000000000000'
      const traceState = sampledByHead ? 'ot=th:8' : ''
      const [failed, gold] = [next() < 0.2, next() < 0.5]
      const verdict = sampler.decide(
        trace({
          randomness,
          nowMs: 1_000_000 + i * 5,
          headSampled: sampledByHead,
          root: {
            statusCode: failed ? StatusCode.ERROR : StatusCode.UNSET,
            attributes: { tenant: gold ? 'gold' : 'iron', 'http.route': `/${i % 7}` },
            traceState,
          },
        }),
      )
      if (!verdict.keep) continue
      const { threshold } = readOt(verdict.traceState ?? traceState)
      sum += threshold === undefined ? verdict.adjustedCount! : adjustedCountOf(threshold)
    }
    return sum
  }
  const gold = attribute('tenant', 'gold')
  const mixtures: readonly (readonly [string, () => PolicyLike])[] = [
    ['errors or a share', () => anyOf(errors(), ratio(0.1))],
    ['a share or errors', () => anyOf(ratio(0.1), errors())],
    ["errors or the head's", () => anyOf(errors(), headSampled())],
    ["errors, a share or the head's", () => anyOf(ratio(0.3), errors(), headSampled())],
    ['adaptive', () => adaptive({ perSecond: 20 })],
    ["errors, the head's or adaptive", () => anyOf(errors(), headSampled(), adaptive({ perSecond: 20 }))],
    ['errors or a limit', () => anyOf(errors(), tracesPerSecond(10))],
    ['errors, a share or a limit', () => anyOf(errors(), ratio(0.1), tracesPerSecond(10))],
    ['a limit of a share', () => allOf(ratio(0.3), tracesPerSecond(10))],
    ['a cap on everything', () => allOf(anyOf(errors(), ratio(0.3)), spansPerSecond(20))],
    ['a cap on an adaptive share', () => allOf(adaptive({ perSecond: 30 }), bytesPerSecond(10_000))],
    ['two limits', () => anyOf(tracesPerSecond(3), spansPerSecond(5), errors())],
    ['two limits, both binding', () => allOf(tracesPerSecond(20), bytesPerSecond(4_000))],
    ['some for certain, others limited', () => anyOf(gold, allOf(not(gold), tracesPerSecond(5)))],
    ['a share of some, a limit on others', () => anyOf(allOf(gold, ratio(0.2)), allOf(not(gold), tracesPerSecond(5)))],
    [
      'a budget shared out',
      () =>
        composite({
          spansPerSecond: 20,
          allocations: [
            { policy: errors(), percent: 50 },
            { policy: ratio(0.5), percent: 50 },
            { policy: keepAll(), percent: 0 },
          ],
        }),
    ],
  ]
  test.each(mixtures)('of %s add up to the truth', (_name, make) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        // At worst one in ten is kept: five standard deviations of a binomial; a limit may still owe for a second.
        const bound = 5 * Math.sqrt(population * 9) + 200
        expect(Math.abs(sumOfWeights(make(), seed) - population)).toBeLessThanOrEqual(bound)
      }),
      { numRuns: 3, seed: 7 },
    )
  })
})
