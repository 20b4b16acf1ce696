import { describe, expect, test } from 'vitest'
import { StatusCode } from '../../src/flush/model.ts'
import { parseBaggage } from '../../src/propagate/baggage.ts'
import {
  anySpan,
  attribute,
  baggage,
  errors,
  keepAll,
  slowerThan,
  spanCount,
  statusCodes,
  traceState,
} from '../../src/sampling/conditions.ts'
import type { PolicyLike } from '../../src/sampling/policy.ts'
import { toPolicy } from '../../src/sampling/policy.ts'
import { headSampled, parentSampled, ratio } from '../../src/sampling/share.ts'
import { remoteParent, type TraceFields, trace } from './make.ts'

const ERROR = { statusCode: StatusCode.ERROR }
const keeps = (like: PolicyLike, fields: TraceFields): boolean => toPolicy(like).decide(trace(fields)).keep

describe('what a policy keeps', () => {
  const cases: readonly (readonly [string, PolicyLike, TraceFields, boolean])[] = [
    ['errors: none', errors(), { children: [{}] }, false],
    ['errors: on the root', errors(), { root: ERROR }, true],
    ['errors: on a child only', errors(), { children: [{}, ERROR] }, true],
    ['errors of the root: on a child only', errors({ span: 'root' }), { children: [ERROR] }, false],
    ['errors: only in a span that the full buffer let go', errors(), { dropped: 9, droppedErrors: 1 }, true],
    ['errors of the root: only in a span let go', errors({ span: 'root' }), { droppedErrors: 1 }, false],
    [
      'errors by filter: matching',
      errors({ where: ({ name }) => name === 'db' }),
      { children: [{ ...ERROR, name: 'db' }] },
      true,
    ],
    [
      'errors by filter: others',
      errors({ where: ({ name }) => name === 'db' }),
      { children: [ERROR, { name: 'db' }] },
      false,
    ],
    ['errors by filter: unknown ones', errors({ where: () => true }), { droppedErrors: 1 }, false],
    ['statusCodes: OK', statusCodes(StatusCode.OK), { children: [{ statusCode: StatusCode.OK }] }, true],
    ['statusCodes: UNSET or OK', statusCodes(StatusCode.UNSET, StatusCode.OK), { root: ERROR }, false],
    ['slowerThan: just', slowerThan(500), { durationMs: 500 }, true],
    ['slowerThan: not quite', slowerThan(500), { durationMs: 499.9 }, false],
    ['slowerThan: too slow', slowerThan(500, { upToMs: 1000 }), { durationMs: 1000 }, false],
    ['slowerThan: a child that outlives the root', slowerThan(500), { children: [{ startMs: 0, endMs: 600 }] }, false],
    ['slowerThan: any span', slowerThan(500, { span: 'any' }), { children: [{ startMs: 0, endMs: 600 }] }, true],
    [
      'slowerThan: any span, still open',
      slowerThan(500, { span: 'any' }),
      { nowMs: 700, children: [{ startMs: 200, endMs: 0 }] },
      true,
    ],
    ['attribute: string', attribute('tenant', 'gold'), { children: [{ attributes: { tenant: 'gold' } }] }, true],
    [
      'attribute: on the root only',
      attribute('tenant', 'gold', { span: 'root' }),
      { children: [{ attributes: { tenant: 'gold' } }] },
      false,
    ],
    [
      'attribute: range',
      attribute('http.response.status_code', { min: 500, max: 599 }),
      { root: { attributes: { 'http.response.status_code': 503 } } },
      true,
    ],
    ['attribute: boolean', attribute('cache.hit', true), { root: { attributes: { 'cache.hit': false } } }, false],
    ['attribute: absent', attribute('tenant', /./), {}, false],
    ['anySpan', anySpan(({ events }) => events.length === 0), { children: [{}] }, true],
    ['spanCount: fewer', spanCount({ min: 3 }), { children: [{}] }, false],
    ['spanCount: with those let go', spanCount({ min: 3 }), { children: [{}], dropped: 1 }, true],
    ['spanCount: at most', spanCount({ max: 2 }), { children: [{}, {}] }, false],
    ['baggage', baggage('beta', 'on'), { baggage: parseBaggage('beta=on') }, true],
    ['baggage: absent', baggage('beta', 'on'), {}, false],
    ['traceState', traceState('vendor', /^x/), { parent: remoteParent(1, 'vendor=xyz') }, true],
    ['parentSampled', parentSampled(), { parent: remoteParent(1) }, true],
    ['parentSampled: no parent', parentSampled(), {}, false],
    ['headSampled', headSampled(), { headSampled: true }, true],
    ['headSampled: not', headSampled(), { headSampled: false }, false],
    ['ratio: in', ratio(0.25), { randomness: 'c0000000000000' }, true],
    ['ratio: out', ratio(0.25), { randomness: 'bfffffffffffff' }, false],
    [
      'ratio: by explicit randomness',
      ratio(0.25),
      { randomness: '00000000000000', root: { traceState: 'ot=rv:c0000000000000' } },
      true,
    ],
    ['keepAll', keepAll(), {}, true],
    ['a function', ({ durationMs }) => durationMs > 5, { durationMs: 6 }, true],
  ]
  test.each(cases)('%s', (_name, like, fields, expected) => {
    expect(keeps(like, fields)).toBe(expected)
  })
})

describe('what a kept trace says', () => {
  test('a certain one counts as itself', () => {
    expect(errors().decide(trace({ root: { ...ERROR, traceState: 'a=1' } }))).toEqual({
      keep: true,
      policy: 'errors',
      traceState: 'ot=th:0,a=1',
    })
  })

  test('one of a share says the threshold', () => {
    expect(ratio(0.25).decide(trace({ randomness: 'ffffffffffffff' }))).toEqual({
      keep: true,
      policy: 'ratio(0.25)',
      traceState: 'ot=th:c',
    })
  })

  test("the head's share keeps the head's threshold as it is", () => {
    const sampled = { headSampled: true, root: { traceState: 'ot=th:c' } }
    expect(headSampled().decide(trace(sampled))).toEqual({ keep: true, policy: 'headSampled' })
    expect(headSampled().decide(trace({ headSampled: true }))).toEqual({ keep: true, policy: 'headSampled' })
  })

  test('a dropped one says nothing', () => {
    expect(errors().decide(trace())).toEqual({ keep: false })
  })

  test('where only head-sampled traces were recorded, the threshold of the head bounds every other', () => {
    const onlyHeadSampled = true
    const at = (traceState: string) => errors().decide(trace({ onlyHeadSampled, root: { ...ERROR, traceState } }))
    expect(at('ot=th:c')).toEqual({ keep: true, policy: 'errors' })
    // Nobody knows how the head came to its decision: neither do we.
    expect(at('a=1')).toEqual({ keep: true, policy: 'errors' })
    const stricter = ratio(0.125).decide(
      trace({ onlyHeadSampled, randomness: 'ffffffffffffff', root: { traceState: 'ot=th:c' } }),
    )
    expect(stricter).toEqual({ keep: true, policy: 'ratio(0.125)', traceState: 'ot=th:e' })
  })
})
