import { expect, test } from 'vitest'
import { run, truthOf } from '../../scripts/simulate/run.ts'
import { traffic } from '../../scripts/simulate/traffic.ts'
import { adaptive } from '../../src/sampling/adaptive.ts'
import { anyOf } from '../../src/sampling/combine.ts'
import { errors } from '../../src/sampling/conditions.ts'
import { headSampled } from '../../src/sampling/share.ts'
import { slowest } from '../../src/sampling/slowest.ts'

test('the recommended setting keeps every error and the slowest, with weights that add up', () => {
  const truth = truthOf(120_000, 5)
  const [outcome] = run([anyOf(errors(), slowest(), headSampled(), adaptive({ perSecond: 10 }))], truth, 5)
  expect(truth.errors).toBeGreaterThan(100)
  expect(outcome!.errorsMissed).toBe(0)
  expect(outcome!.slowMissed).toBeLessThanOrEqual(truth.slow * 0.01)
  expect(outcome!.kept).toBeLessThan(truth.requests * 0.2)
  expect(Math.abs(outcome!.weighted! - truth.requests)).toBeLessThan(4 * outcome!.deviation)
})

test('simulated traffic is the same every time, and in order of its ends', () => {
  const some = (seed: number): string => JSON.stringify([...traffic(50, seed)])
  expect(some(1)).toBe(some(1))
  expect(some(1)).not.toBe(some(2))
  const ends = [...traffic(5000, 1)].map(({ startMs, durationMs }) => startMs + durationMs)
  expect(ends).toEqual([...ends].sort((a, b) => a - b))
})
