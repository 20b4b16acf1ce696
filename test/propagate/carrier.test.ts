// A context in a payload: what survives, what does not compile, what a stranger may send.
import { MessageChannel } from 'node:worker_threads'
import {
  attach,
  type Carrier,
  carrierIn,
  carrierOf,
  contextIn,
  detach,
  parseBaggage,
  parseTraceState,
  type Traced,
  w3c,
} from 'clew/propagate'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { IDENTITY, SPAN_ID, TRACE_ID, told } from './carriers.ts'

const format = w3c()
const context = {
  spanContext: { ...IDENTITY, traceState: parseTraceState('a=1')! },
  baggage: parseBaggage('tier=gold')!,
}
const carrier = carrierOf(context, format)
const FOUND = `${TRACE_ID} ${SPAN_ID} 1 a=1`

async function throughPort(value: unknown): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  const received = new Promise((resolve) => port2.once('message', resolve))
  port1.postMessage(value)
  const answer = await received
  port1.close()
  return answer
}

test('a carrier is plain data', () => {
  expect(carrier).toEqual({ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`, tracestate: 'a=1', baggage: 'tier=gold' })
  expect(carrierOf({}, format)).toEqual({})
})

describe('a payload keeps its value and its context through', () => {
  const payloads: [string, unknown][] = [
    ['an object', { cart: { id: '42' }, items: [1, 2] }],
    ['an empty object', {}],
    ['text', 'job'],
    ['a number', 7],
    ['null', null],
    ['a boolean', false],
    ['an array', [1, { a: 2 }]],
  ]
  const cloned: [string, unknown][] = [
    ['undefined', undefined],
    ['a bigint', 7n],
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['a set', new Set([1])],
    ['bytes', new Uint8Array([1, 2])],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ]
  test.each(payloads)('JSON: %s', (_, payload) => {
    const arrived = JSON.parse(JSON.stringify(attach(payload, carrier)))
    expect(detach(arrived)).toEqual(payload)
    expect(told(contextIn(arrived, format))).toBe(FOUND)
  })
  test.each([...payloads, ...cloned])('structured clone: %s', (_, payload) => {
    const arrived = structuredClone(attach(payload, carrier))
    expect(detach(arrived)).toEqual(payload)
    expect(told(contextIn(arrived, format))).toBe(FOUND)
  })
  test.each([...payloads, ...cloned])('a message port: %s', async (_, payload) => {
    const arrived = await throughPort(attach(payload, carrier))
    expect(detach(arrived)).toEqual(payload)
    expect(contextIn(arrived, format).baggage?.get('tier')).toBe('gold')
  })
})

describe('attaching', () => {
  test('leaves the payload alone', () => {
    const payload = Object.freeze({ a: 1 })
    expect(attach(payload, carrier)).toEqual({ a: 1, $trace: carrier })
    expect(payload).toEqual({ a: 1 })
  })
  test('replaces an older carrier', () => {
    expect(attach(attach({ a: 1 }, { traceparent: 'old' }), carrier)).toEqual({ a: 1, $trace: carrier })
  })
  test('is undone on what was never done to', () => {
    const payload = { a: 1 }
    expect(detach(payload)).toBe(payload)
    expect(detach('text')).toBe('text')
    expect(detach(null)).toBeNull()
  })
})

describe('reads', () => {
  test.each<[string, unknown]>([
    ['a carrier by itself', carrier],
    ['a carrier in another letter case', { Traceparent: carrier['traceparent'], TRACESTATE: 'a=1' }],
    ['Headers', new Headers(carrier)],
    ['a Request', new Request('https://a.example', { headers: carrier })],
    ['a CloudEvent with the tracing extension', { specversion: '1.0', id: '1', ...carrier, data: {} }],
    ['header pairs', Object.entries(carrier)],
  ])('%s', (_, source) => {
    expect(told(contextIn(source, format))).toBe(FOUND)
  })
  const cyclic: Record<string, unknown> = {}
  cyclic['headers'] = cyclic
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'traceparent'],
    ['a number', 7],
    ['a function', () => carrier],
    ['an empty object', {}],
    ['a carrier that is text', { $trace: 'x' }],
    ['a carrier that is null', { $trace: null }],
    ['a carrier that is a list', { $trace: [carrier] }],
    ['a carrier of numbers', { $trace: { traceparent: 1 } }],
    ['an inherited carrier', Object.create({ $trace: carrier })],
    ['a list of anything', [1, null, { a: 1 }]],
    ['an object that holds itself', cyclic],
  ])('no context in %s', (_, source) => {
    expect(contextIn(source, format)).toEqual({})
  })
  test('a carrier only from its own property', () => {
    expect(carrierIn({ $trace: carrier })).toBe(carrier)
    expect(carrierIn([])).toBeUndefined()
    expect(carrierIn(JSON.parse('{"__proto__":{"$trace":{}}}'))).toBeUndefined()
  })
})

describe('the type of a traced payload', () => {
  interface Job {
    readonly cart: string
  }
  interface Queue<T> {
    send(body: T): void
  }
  const queue: Queue<Traced<Job>> = { send: () => {} }

  test('accepts what was attached and refuses a bare payload', () => {
    queue.send(attach({ cart: '42' }, carrier))
    // @ts-expect-error the context is missing
    queue.send({ cart: '42' })
    // @ts-expect-error the payload is missing
    queue.send({ $trace: carrier })
    // @ts-expect-error another payload
    queue.send(attach({ basket: '42' }, carrier))
  })
  test('says what travels and what comes back', () => {
    expectTypeOf(attach<string>('job', carrier)).toEqualTypeOf<{
      readonly $trace: Carrier
      readonly $payload: string
    }>()
    expectTypeOf(attach({ cart: '42' }, carrier).cart).toEqualTypeOf<string>()
    expectTypeOf(detach<Job>(attach<Job>({ cart: '42' }, carrier))).toEqualTypeOf<Job>()
    expectTypeOf(detach<string[]>(attach(['a'], carrier))).toEqualTypeOf<string[]>()
  })
})
