import { describe, expect, test } from 'vitest'
import { readOt, writeThreshold } from '../../src/sampling/ot.ts'

const long = 'a'.repeat(240)

describe('readOt', () => {
  test.each([
    ['', {}],
    ['vendor=1', {}],
    ['ot=th:c', { threshold: 'c0000000000000' }],
    ['ot=th:0', { threshold: '00000000000000' }],
    ['ot=th:c00', { threshold: 'c0000000000000' }],
    ['ot=th:fd70a;rv:1234567890abcd', { threshold: 'fd70a000000000', randomness: '1234567890abcd' }],
    ['a=1, ot=rv:1234567890abcd;k1:Z._- ,b=2', { randomness: '1234567890abcd' }],
    ['a=1, ot=rv:1234567890abcd;k1:Z._-,b=2', { randomness: '1234567890abcd' }],
    // Each malformed value counts as absent by itself.
    ['ot=th:;rv:1234567890abcd', { randomness: '1234567890abcd' }],
    ['ot=th:123456789012345', {}],
    ['ot=th:FD', {}],
    ['ot=th:c;rv:1234567890abc', { threshold: 'c0000000000000' }],
    ['ot=th:c;rv:1234567890ABCD', { threshold: 'c0000000000000' }],
    // Malformed as a whole.
    ['ot=th', {}],
    ['ot=th:c;', {}],
    ['ot=th:c;K:1', {}],
    ['ot=th:c;k:a/b', {}],
    [`ot=th:c;k:${long}${long}`, {}],
    ['not=th:c', {}],
  ])('%s', (list, expected) => {
    expect(readOt(list)).toEqual(expected)
  })
})

describe('writeThreshold', () => {
  test.each([
    ['', 'c0000000000000', 'ot=th:c'],
    ['', '00000000000000', 'ot=th:0'],
    ['', undefined, ''],
    ['ot=th:8', 'fd70a000000000', 'ot=th:fd70a'],
    ['ot=th:8', undefined, ''],
    ['a=1,ot=th:8,b=2', 'c0000000000000', 'ot=th:c,a=1,b=2'],
    ['a=1,ot=th:8,b=2', undefined, 'a=1,b=2'],
    ['a=1,ot=rv:1234567890abcd;th:8;k1:13', 'c0000000000000', 'ot=th:c;rv:1234567890abcd;k1:13,a=1'],
    ['ot=rv:1234567890abcd;th:8', undefined, 'ot=rv:1234567890abcd'],
    // A malformed sub-key goes alone, a malformed member whole, the others stay.
    ['ot=th:x;rv:12,a=1', undefined, 'a=1'],
    ['ot=th,a=1', 'c0000000000000', 'ot=th:c,a=1'],
    // No room: rather unknown than stale.
    [`ot=th:8;k:${long}01234567`, undefined, `ot=k:${long}01234567`],
    [`ot=th:8;k:${long}01234567`, 'fd70a000000000', `ot=k:${long}01234567`],
  ])('%s with %s', (list, threshold, expected) => {
    expect(writeThreshold(list, threshold)).toBe(expected)
  })

  test('fills 256 characters and no more', () => {
    const rest = `k:${'a'.repeat(256 - 'th:c;k:'.length)}`
    expect(writeThreshold(`ot=${rest}`, 'c0000000000000')).toBe(`ot=th:c;${rest}`)
    expect(writeThreshold(`ot=${rest}a`, 'c0000000000000')).toBe(`ot=${rest}a`)
  })

  test('pushes out the right-most of 32 members', () => {
    const members = Array.from({ length: 32 }, (_, i) => `v${i}=1`)
    expect(writeThreshold(members.join(), 'c0000000000000')).toBe(['ot=th:c', ...members.slice(0, 31)].join())
  })
})
