import { describe, expect, test } from 'vitest'
import { anyOf } from '../../src/sampling/combine.ts'
import { attribute, errors, keepAll } from '../../src/sampling/conditions.ts'
import { bytesPerSecond, composite, spansPerSecond, tracesPerSecond } from '../../src/sampling/limits.ts'
import { spanBytes } from '../../src/sampling/span-size.ts'
import type { TailSampler } from '../../src/sampling/tail-sampler.ts'
import { type TraceFields, trace } from './make.ts'

const kept = (sampler: TailSampler, times: number, fields: TraceFields = {}): number =>
  Array.from({ length: times }, () => sampler.decide(trace({ nowMs: 1_000_000, ...fields })).keep).filter(Boolean)
    .length

const children = [{}, {}, {}]

describe('a limit', () => {
  test('of traces ends at its number', () => {
    expect(kept(tracesPerSecond(5), 20)).toBe(5)
    expect(kept(tracesPerSecond(5, { burst: 9 }), 20)).toBe(9)
    expect(kept(tracesPerSecond(0), 20)).toBe(0)
  })

  test('of spans counts each span', () => {
    expect(kept(spansPerSecond(8), 20, { children })).toBe(2)
    expect(kept(spansPerSecond(7), 20, { children })).toBe(1)
  })

  test('of bytes has two seconds at once', () => {
    const size = trace({ children }).spans.reduce((sum, span) => sum + spanBytes(span), 0)
    expect(kept(bytesPerSecond(size), 20, { children })).toBe(2)
    expect(kept(bytesPerSecond(size, { burst: size }), 20, { children })).toBe(1)
  })

  test('lets a trace through that is larger than itself, once', () => {
    expect(kept(spansPerSecond(2), 20, { children })).toBe(1)
  })

  test('is not spent on what is kept anyway', () => {
    const sampler = anyOf(errors(), tracesPerSecond(1))
    expect(kept(sampler, 50, { root: { statusCode: 2 } })).toBe(50)
    expect(kept(sampler, 50)).toBe(1)
  })

  test.each([-1, Number.NaN])('of %d is refused in a sentence', (limit) => {
    expect(() => tracesPerSecond(limit)).toThrow(/tracesPerSecond must be a number 0 or more/)
  })
})

describe('composite', () => {
  const gold = attribute('tenant', 'gold')
  const make = () =>
    composite({
      spansPerSecond: 100,
      allocations: [
        { policy: gold, percent: 50 },
        { policy: keepAll(), percent: 25 },
      ],
    })

  test('gives each policy its part, and what one cannot take to the next that keeps it', () => {
    expect(kept(make(), 200)).toBe(25)
    expect(kept(make(), 200, { root: { attributes: { tenant: 'gold' } } })).toBe(75)
  })

  test('keeps nothing that no policy keeps', () => {
    expect(kept(composite({ spansPerSecond: 100, allocations: [{ policy: gold, percent: 100 }] }), 10)).toBe(0)
  })

  test('refuses more than the whole', () => {
    const allocations = [
      { policy: gold, percent: 60 },
      { policy: keepAll(), percent: 41 },
    ]
    expect(() => composite({ spansPerSecond: 1, allocations })).toThrow(/sum of percent must be a number from 0 to 100/)
  })
})
