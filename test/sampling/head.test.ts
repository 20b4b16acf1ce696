import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { draws } from '../../scripts/simulate/random.ts'
import { parseTraceState } from '../../src/propagate/trace-state.ts'
import { alwaysOff, alwaysOn } from '../../src/sampling/always.ts'
import { alwaysRecord } from '../../src/sampling/always-record.ts'
import { parentBased } from '../../src/sampling/parent-based.ts'
import { traceIdRatio } from '../../src/sampling/ratio.ts'
import type { Sampler } from '../../src/sampling/sampler.ts'
import { input, randomnessAt, remoteParent, traceIdOf } from './make.ts'

const kept = (sampler: Sampler, randomness: string): boolean =>
  sampler.shouldSample(input({ traceId: traceIdOf(randomness) })).decision === 'RECORD_AND_SAMPLE'

const named = (description: string): Sampler => ({
  shouldSample: () => ({ decision: 'DROP', attributes: { asked: description }, traceState: '' }),
  description,
})

test('samplers are described as the specification names them', () => {
  expect(alwaysOn().description).toBe('AlwaysOnSampler')
  expect(alwaysOff().description).toBe('AlwaysOffSampler')
  expect(parentBased({ root: traceIdRatio(0.1) }).description).toBe(
    'ParentBased{root=ProbabilitySampler{0.1}, remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, localParentSampled=AlwaysOnSampler, localParentNotSampled=AlwaysOffSampler}',
  )
})

test('alwaysRecord turns a drop into a recording and leaves the rest', () => {
  const drop: Sampler = {
    shouldSample: () => ({ decision: 'DROP', attributes: { a: 1 }, traceState: 'k=v' }),
    description: 'Drop',
  }
  expect(alwaysRecord(drop).shouldSample(input())).toEqual({
    decision: 'RECORD_ONLY',
    attributes: { a: 1 },
    traceState: 'k=v',
  })
  expect(alwaysRecord(alwaysOn()).shouldSample(input())).toEqual({ decision: 'RECORD_AND_SAMPLE' })
  expect(alwaysRecord(drop).description).toBe('AlwaysRecord{Drop}')
})

describe('traceIdRatio', () => {
  test('keeps a trace from its threshold on', () => {
    const sampler = traceIdRatio(0.01)
    expect(kept(sampler, 'fd709fffffffff')).toBe(false)
    expect(kept(sampler, 'fd70a000000000')).toBe(true)
  })

  test('says the threshold it compared with, and nothing when it drops', () => {
    const at = (randomness: string) => traceIdRatio(0.25).shouldSample(input({ traceId: traceIdOf(randomness) }))
    expect(at('ffffffffffffff')).toEqual({ decision: 'RECORD_AND_SAMPLE', traceState: 'ot=th:c' })
    expect(at('00000000000000')).toEqual({ decision: 'DROP' })
  })

  test('honours the explicit randomness of the caller and hands it on', () => {
    const parent = remoteParent(0, 'a=1,ot=rv:ffffffffffffff;th:8', '00000000000000')
    expect(traceIdRatio(0.25).shouldSample(input({ parent }))).toEqual({
      decision: 'RECORD_AND_SAMPLE',
      traceState: 'ot=th:c;rv:ffffffffffffff,a=1',
    })
  })

  test('erases the threshold of a parent whose trace it drops', () => {
    const parent = remoteParent(1, 'ot=th:8', '80000000000000')
    expect(traceIdRatio(0.25).shouldSample(input({ parent }))).toEqual({ decision: 'DROP', traceState: '' })
  })

  test.each([
    [1, '00000000000000', true],
    [2, '00000000000000', true],
    [0, 'ffffffffffffff', false],
    [-1, 'ffffffffffffff', false],
    [Number.NaN, 'ffffffffffffff', false],
    [2 ** -56, 'ffffffffffffff', true],
    [2 ** -56, 'fffffffffffffe', false],
  ])('ratio %d decides %s: %s', (ratio, randomness, expected) => {
    expect(kept(traceIdRatio(ratio), randomness)).toBe(expected)
  })

  test('a service with a lower ratio keeps a subset of what one with a higher ratio keeps', () => {
    const ratio = fc.double({ min: 0, max: 1, noNaN: true })
    const precision = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(
        ratio,
        ratio,
        precision,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (a, b, digits, at) => {
          const randomness = randomnessAt(at)
          const lower = traceIdRatio(Math.min(a, b), digits)
          const higher = traceIdRatio(Math.max(a, b), digits)
          if (kept(lower, randomness)) expect(kept(higher, randomness)).toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('weights are unbiased: they add up to the number of traces within the binomial bound', () => {
    const count = 20_000
    fc.assert(
      fc.property(fc.double({ min: 0.005, max: 1, noNaN: true }), fc.integer(), (ratio, seed) => {
        const sampler = traceIdRatio(ratio)
        let sum = 0
        let n = 0
        const { uniform } = draws(seed)
        for (let i = 0; i < count; i++) {
          const { decision, traceState } = sampler.shouldSample(input({ traceId: traceIdOf(randomnessAt(uniform())) }))
          if (decision !== 'RECORD_AND_SAMPLE') continue
          n++
          sum += weightOf(traceState!)
        }
        // Five standard deviations of a binomial, and the rounding of the threshold to four digits.
        const bound = 5 * Math.sqrt((count * (1 - ratio)) / ratio) + count * 2 ** -12
        expect(Math.abs(sum - count)).toBeLessThanOrEqual(bound)
        expect(n).toBeGreaterThan(0)
      }),
      { numRuns: 20, seed: 4 },
    )
  })
})

/** Independently of the code under test: 2^56 / (2^56 − T) with integers. */
function weightOf(traceState: string): number {
  const th = parseTraceState(traceState)!
    .get('ot')!
    .match(/th:([0-9a-f]+)/)![1]!
  return Number((10n ** 12n * 2n ** 56n) / (2n ** 56n - BigInt(`0x${th.padEnd(14, '0')}`))) / 1e12
}

describe('parentBased', () => {
  const sampler = parentBased({
    root: named('root'),
    remoteParentSampled: named('remote sampled'),
    remoteParentNotSampled: named('remote not sampled'),
    localParentSampled: named('local sampled'),
    localParentNotSampled: named('local not sampled'),
  })
  const { isRemote: _, ...local } = remoteParent(1)

  test.each([
    ['no parent', {}, 'root'],
    ['a sampled remote parent', { parent: remoteParent(1) }, 'remote sampled'],
    ['an unsampled remote parent', { parent: remoteParent(0) }, 'remote not sampled'],
    ['a remote parent with only the random flag', { parent: remoteParent(2) }, 'remote not sampled'],
    ['a sampled local parent', { parent: local }, 'local sampled'],
    ['an unsampled local parent', { parent: { ...local, traceFlags: 0 } }, 'local not sampled'],
    ['a parent that defers', { parent: remoteParent(0), upstream: 'deferred' }, 'root'],
    ['a parent that debugs', { parent: remoteParent(0), upstream: 'debug' }, 'remote sampled'],
    ['a lone accept', { upstream: 'accept' }, 'remote sampled'],
    ['a lone deny', { upstream: 'deny' }, 'remote not sampled'],
  ] as const)('%s is decided by: %3$s', (_case, fields, expected) => {
    expect(sampler.shouldSample(input(fields)).attributes).toEqual({ asked: expected })
  })

  test('follows the parent by default', () => {
    const follow = parentBased({ root: alwaysOff() })
    expect(follow.shouldSample(input({ parent: remoteParent(1) })).decision).toBe('RECORD_AND_SAMPLE')
    expect(parentBased({ root: alwaysOn() }).shouldSample(input({ parent: remoteParent(0) })).decision).toBe('DROP')
  })

  test.each([
    // flags, tracestate, trace state afterwards (undefined: as it was)
    [1, 'ot=th:8', undefined],
    [1, 'ot=th:80000000000001', ''],
    [1, 'ot=th:c,a=1', 'a=1'],
    [1, 'ot=th:c;rv:ffffffffffffff', undefined],
    [0, 'ot=th:c', undefined],
    [0, 'ot=th:8;k:1', 'ot=k:1'],
    [1, 'a=1', undefined],
    [1, '', undefined],
  ])('with flags %d and %s hands on: %s', (flags, traceState, expected) => {
    const result = parentBased({ root: alwaysOn() }).shouldSample(
      input({ parent: remoteParent(flags, traceState, '80000000000000') }),
    )
    expect(result.traceState).toBe(expected)
  })
})
