// What holds for any text in any header of any format, and for any context written and read back.
import {
  type Baggage,
  b3,
  b3multi,
  baggage,
  composite,
  datadog,
  datadogTraceContext,
  emptyBaggage,
  emptyTraceState,
  fitTraceState,
  formatBaggage,
  formatTraceparent,
  google,
  isValid,
  jaeger,
  messageContext,
  ottrace,
  type PropagationContext,
  type Propagator,
  parseBaggage,
  parseTraceparent,
  parseTraceState,
  traceContext,
  w3c,
  xray,
} from 'clew/propagate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extract, inject } from './carriers.ts'
import { CORPUS } from './corpus.ts'

const FORMATS: readonly (readonly [name: string, format: Propagator])[] = [
  ['w3c', w3c()],
  ['tracecontext', traceContext()],
  ['baggage', baggage()],
  ['b3', b3()],
  ['b3multi', b3multi()],
  ['jaeger', jaeger()],
  ['xray', xray()],
  ['datadog', datadog()],
  ['datadog-tracecontext', datadogTraceContext()],
  ['google', google()],
  ['ottrace', ottrace()],
]
const ALL = composite(FORMATS.map(([, format]) => format))
const HEADERS = [
  ...ALL.fields,
  'x-b3-parentspanid',
  'uberctx-key',
  'uberctx-__proto__',
  'jaeger-baggage',
  'ot-baggage-key',
  'ot-baggage-',
]

const hex = (length: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => /[1-9a-f]/.test(text))
const traceId = hex(32).filter((id) => /[1-9a-f]/.test(id.slice(16)))
const member = fc.tuple(
  fc.stringMatching(/^[a-z0-9][a-z0-9_\-*/@]{0,20}$/),
  fc.stringMatching(/^[ -+\--<>-~]{0,20}[!-+\--<>-~]$/),
)
const traceState = fc
  .array(member, { maxLength: 40 })
  .map((members) => members.reduce((state, [key, value]) => state.set(key, value), emptyTraceState()))
const baggageOf = fc
  .array(fc.tuple(fc.stringMatching(/^[!#$%&'*+.^_`|~\w-]{1,12}$/), fc.string({ unit: 'binary', maxLength: 30 })), {
    maxLength: 70,
  })
  .map((members) => members.reduce<Baggage>((all, [key, value]) => all.set(key, value), emptyBaggage()))

/** Text that looks like a header: pieces of valid ones, cut and joined, and anything else. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(...CORPUS),
  fc
    .array(fc.constantFrom(...CORPUS.filter((one) => one.length < 100)), { maxLength: 6 })
    .map((parts) => parts.join('')),
  fc
    .array(
      fc.constantFrom(
        ',',
        ';',
        '=',
        '-',
        ':',
        ' ',
        '\t',
        '%',
        '%41',
        'a',
        '0',
        'f',
        '1',
        'Root=1-',
        'Parent=',
        's:',
        't.',
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(hex(32), hex(16), fc.constantFrom('-', ':', ', '), fc.string({ maxLength: 4 }))
    .map(([t, s, by, end]) => ['00', t, s, end].join(by)),
)
const anyHeaders = fc.dictionary(fc.constantFrom(...HEADERS), text, { maxKeys: 12 })

/** What must be true of anything that was read. */
function isSound(context: PropagationContext): boolean {
  const { spanContext, baggage: carried, passthrough } = context
  if (spanContext !== undefined) {
    if (!isValid(spanContext) || spanContext.isRemote !== true || (spanContext.traceFlags & ~3) !== 0) return false
    const state = spanContext.traceState?.serialize()
    if (state !== undefined && parseTraceState(state)?.serialize() !== state) return false
  }
  if (carried !== undefined && (carried.size < 1 || carried.size > 64 || formatBaggage(carried).length > 8192))
    return false
  return Object.values(passthrough ?? {}).every((value) => /^[ -~]*$/.test(value))
}

describe('any text', () => {
  test('of the corpus in every header of every format is read soundly, or not at all', () => {
    for (const one of CORPUS) {
      for (const [name, format] of FORMATS) {
        const headers = Object.fromEntries(HEADERS.map((header) => [header, one]))
        expect([name, one.slice(0, 80), isSound(extract(format, headers))]).toEqual([name, one.slice(0, 80), true])
      }
    }
  })
  test.each(FORMATS)('is read soundly by %s, or leaves the context alone', (_, format) => {
    const context: PropagationContext = { passthrough: { kept: 'x' } }
    fc.assert(
      fc.property(anyHeaders, (headers) => {
        const read = extract(format, headers, context)
        return isSound(read) && read.passthrough?.['kept'] === 'x' && (read === context || Object.keys(read).length > 1)
      }),
    )
  })
  test('is written as nothing but valid header values', () => {
    fc.assert(
      fc.property(anyHeaders, (headers) => {
        const out = new Headers()
        ALL.inject(extract(ALL, headers), out)
        return true
      }),
    )
  })
  test('does not grow however often it is handed on', () => {
    fc.assert(
      fc.property(anyHeaders, (headers) => {
        const once = inject(ALL, extract(ALL, headers))
        const twice = inject(ALL, extract(ALL, once))
        const thrice = inject(ALL, extract(ALL, twice))
        expect(thrice).toEqual(twice)
      }),
    )
  })
  test('is read and written by w3c() as by its two halves', () => {
    const halves = composite([traceContext(), baggage()])
    expect([w3c().fields, w3c().emptyBaggage?.size]).toEqual([halves.fields, 0])
    fc.assert(
      fc.property(anyHeaders, (headers) => {
        const [one, other] = [extract(w3c(), headers), extract(halves, headers)]
        expect(inject(w3c(), one)).toEqual(inject(halves, other))
        expect([one.spanContext?.isRemote, [...(one.baggage?.entries() ?? [])]]).toEqual([
          other.spanContext?.isRemote,
          [...(other.baggage?.entries() ?? [])],
        ])
      }),
    )
  })
  test.each([
    ['a number', 1],
    ['true', true],
    ['a list', ['a=1', 'b=2']],
    ['a list of one', ['a=1']],
    ['an empty list', []],
    ['an object', {}],
  ])('that is %s, as a getter of somebody\u2019s own may answer, is no error', (_, answer) => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const getter = { get: (name: string) => (name === 'traceparent' ? traceparent : answer) as string, keys: () => [] }
    const strange = { get: () => answer as unknown as string, keys: () => [] }
    for (const format of [w3c(), traceContext(), baggage()]) {
      expect(isSound(format.extract(strange, {}))).toBe(true)
      expect(isSound(format.extract(getter, {}))).toBe(true)
    }
  })
  test('in a message is no error', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withMap: true, withSet: true }), (message) => {
        return isSound(
          messageContext({ $trace: message, body: message, messageAttributes: message, Sns: message }, ALL),
        )
      }),
    )
    fc.assert(fc.property(fc.anything(), (message) => isSound(messageContext(message, ALL))))
    fc.assert(fc.property(fc.json(), text, (body, more) => isSound(messageContext({ body: body + more }, ALL))))
  })
})

describe('what is written is read back', () => {
  const flags = fc.constantFrom(0, 1)
  const plain = fc.record({ traceId, spanId: hex(16), traceFlags: flags, isRemote: fc.constant(true) })

  test.each<[string, Propagator]>([
    ['w3c', w3c()],
    ['tracecontext', traceContext()],
    ['b3', b3()],
    ['b3multi', b3multi()],
    ['jaeger', jaeger()],
    ['xray', xray()],
    ['datadog', datadog()],
    ['google', google()],
  ])('an identity by %s', (_, format) => {
    fc.assert(
      fc.property(plain, (spanContext) => {
        expect(extract(format, inject(format, { spanContext }))).toEqual({ spanContext })
      }),
    )
  })
  test('the right half of an identity by ottrace', () => {
    fc.assert(
      fc.property(plain, (spanContext) => {
        const read = extract(ottrace(), inject(ottrace(), { spanContext }))
        expect(read).toEqual({
          spanContext: { ...spanContext, traceId: spanContext.traceId.slice(16).padStart(32, '0') },
        })
      }),
    )
  })
  test.each<[string, Propagator, readonly ('debug' | 'deferred')[]]>([
    ['b3', b3(), ['debug', 'deferred']],
    ['b3multi', b3multi(), ['debug', 'deferred']],
    ['jaeger', jaeger(), ['debug']],
    ['xray', xray(), ['deferred']],
    ['datadog', datadog(), ['debug', 'deferred']],
  ])('a decision by %s', (_, format, decisions) => {
    fc.assert(
      fc.property(plain, fc.constantFrom(...decisions), (identity, decision) => {
        const context = { spanContext: { ...identity, traceFlags: decision === 'debug' ? 1 : 0 }, decision }
        expect(extract(format, inject(format, context))).toEqual(context)
      }),
    )
  })
  test('the flags of a traceparent', () => {
    fc.assert(
      fc.property(traceId, hex(16), fc.integer({ min: 0, max: 3 }), (id, spanId, traceFlags) => {
        const context = { traceId: id, spanId, traceFlags, isRemote: true }
        expect(parseTraceparent(formatTraceparent(context))).toEqual(context)
      }),
    )
  })
  test('any trace state', () => {
    fc.assert(
      fc.property(traceState, (state) => {
        const wire = state.serialize()
        expect(parseTraceState(wire)?.serialize() ?? '').toBe(wire)
        expect(wire.split(',').length).toBeLessThanOrEqual(32)
      }),
    )
  })
  test('any baggage, whatever the values', () => {
    fc.assert(
      fc.property(baggageOf, (carried) => {
        const wire = formatBaggage(carried)
        const read = parseBaggage(wire) ?? emptyBaggage()
        expect([...read.entries()]).toEqual(
          [...carried.entries()].map(([key, { value }]) => [key, { value: value.toWellFormed() }]),
        )
        expect(wire).toMatch(/^[!-~]*$/)
      }),
    )
  })
})

describe('a trace state', () => {
  test('that was changed says so, on the left, and keeps the order of the others', () => {
    fc.assert(
      fc.property(traceState, member, (state, [key, value]) => {
        const before = state.serialize()
        const others = before.split(',').filter((one) => one !== '' && !one.startsWith(`${key}=`))
        expect(state.set(key, value).serialize()).toBe([`${key}=${value}`, ...others].slice(0, 32).join())
        expect(state.set(key, value).get(key)).toBe(value)
        expect(state.unset(key).get(key)).toBeUndefined()
        expect(state.serialize()).toBe(before)
      }),
    )
  })
  test('that was cut fits, and is a subsequence of what it was', () => {
    fc.assert(
      fc.property(traceState, fc.nat({ max: 600 }), (state, length) => {
        const cut = fitTraceState(state, length)?.serialize() ?? ''
        expect(cut.length).toBeLessThanOrEqual(length)
        const all = state.serialize().split(',')
        let at = -1
        for (const one of cut === '' ? [] : cut.split(','))
          expect((at = all.indexOf(one, at + 1))).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

test.each(FORMATS)('%s writes no identity that is absent or invalid', (_, format) => {
  for (const spanContext of [
    { traceId: '0'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 },
    { traceId: '1'.repeat(32), spanId: '0'.repeat(16), traceFlags: 1 },
    { traceId: 'A'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 },
    { traceId: '1'.repeat(31), spanId: '1'.repeat(16), traceFlags: 1 },
    { traceId: '', spanId: '', traceFlags: 1 },
    { traceId: '1\r\n'.padEnd(32, '1'), spanId: '1'.repeat(16), traceFlags: 1 },
  ]) {
    expect(inject(format, { spanContext, decision: 'debug', passthrough: { 'datadog.origin': 'x' } })).toEqual({})
  }
  expect(inject(format, {})).toEqual({})
})
