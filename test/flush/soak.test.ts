import { expect, it } from 'vitest'
import { soak } from './soak.ts'

it('accounts for every span of a thousand requests while every tenth export fails', async () => {
  const report = await soak(1000)
  expect(report).toMatchObject({ created: 3003, missing: 0, twice: 0, unknown: 0, wrong: 0 })
  const [first, second] = report.delivered
  expect(first).toBeGreaterThan(2000)
  expect(second).toBeGreaterThan(100)
  expect(report.counted).toEqual({ refused: expect.any(Number) })
}, 60_000)
