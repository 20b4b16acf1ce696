import { describe, expect, test } from 'vitest'
import {
  annotating,
  type ComposableSampler,
  composableAlwaysOff,
  composableAlwaysOn,
  composableProbability,
  compositeSampler,
  parentThreshold,
  ruleBased,
} from '../../src/sampling/composable.ts'
import { input, remoteParent, traceIdOf } from './make.ts'

const decide = (sampler: ComposableSampler, fields: Parameters<typeof input>[0] = {}) =>
  compositeSampler(sampler).shouldSample(input(fields))

describe('compositeSampler', () => {
  test('writes the threshold of what it keeps', () => {
    expect(decide(composableAlwaysOn())).toEqual({ decision: 'RECORD_AND_SAMPLE', traceState: 'ot=th:0' })
    expect(decide(composableProbability(0.5))).toEqual({ decision: 'RECORD_AND_SAMPLE', traceState: 'ot=th:8' })
  })

  test('erases the threshold of what it drops and keeps the explicit randomness', () => {
    const parent = remoteParent(1, 'ot=th:8;rv:80000000000000,a=1')
    expect(decide(composableAlwaysOff(), { parent })).toEqual({
      decision: 'DROP',
      traceState: 'ot=rv:80000000000000,a=1',
    })
    expect(decide(composableProbability(0.25), { parent }).decision).toBe('DROP')
    expect(decide(composableProbability(0), { parent }).decision).toBe('DROP')
  })

  test('compares an unreliable threshold with fresh randomness and erases it', () => {
    const half: ComposableSampler = {
      getSamplingIntent: () => ({ threshold: '80000000000000', reliable: false }),
      description: 'Half',
    }
    const parent = remoteParent(1, 'ot=th:c', '00000000000000')
    expect(decide(half, { parent, random: () => 0.5 })).toEqual({ decision: 'RECORD_AND_SAMPLE', traceState: '' })
    expect(decide(half, { parent, random: () => 0.4999 })).toEqual({ decision: 'DROP', traceState: '' })
  })
})

describe('parentThreshold', () => {
  const sampler = parentThreshold(composableProbability(0.25))

  test.each([
    ['no parent: the root decides', undefined, 'RECORD_AND_SAMPLE', 'ot=th:c'],
    [
      'a parent with a threshold that keeps',
      remoteParent(1, 'ot=th:8', '80000000000000'),
      'RECORD_AND_SAMPLE',
      'ot=th:8',
    ],
    ['a parent whose threshold contradicts its flag', remoteParent(1, 'ot=th:8', '7fffffffffffff'), 'DROP', ''],
    ['a sampled parent without threshold stays unknown', remoteParent(1, 'a=1'), 'RECORD_AND_SAMPLE', 'a=1'],
    ['an unsampled parent without threshold', remoteParent(0, 'a=1'), 'DROP', 'a=1'],
  ] as const)('%s', (_case, parent, decision, traceState) => {
    const traceId = parent?.traceId ?? traceIdOf('ffffffffffffff')
    expect(decide(sampler, { parent, traceId, random: () => 0 })).toEqual({ decision, traceState })
  })
})

test('ruleBased takes the first rule that holds and drops where none does', () => {
  const sampler = ruleBased([
    [({ attributes }) => attributes['url.path'] === '/health', composableAlwaysOff()],
    [({ name }) => name.startsWith('GET'), composableAlwaysOn()],
  ])
  expect(decide(sampler, { attributes: { 'url.path': '/health' } }).decision).toBe('DROP')
  expect(decide(sampler, { attributes: { 'url.path': '/' } }).traceState).toBe('ot=th:0')
  expect(decide(sampler, { name: 'POST /' }).decision).toBe('DROP')
})

test('annotating adds attributes to what is kept, and the inner ones win', () => {
  const sampler = annotating({ a: 1, b: 1 }, annotating({ b: 2 }, composableProbability(0.5)))
  expect(decide(sampler)).toEqual({
    decision: 'RECORD_AND_SAMPLE',
    traceState: 'ot=th:8',
    attributes: { a: 1, b: 2 },
  })
  expect(decide(sampler, { traceId: traceIdOf('00000000000000') }).attributes).toBeUndefined()
  expect(sampler.description).toBe('ComposableAnnotating{ComposableAnnotating{ComposableProbability{0.5}}}')
})
