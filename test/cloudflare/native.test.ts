// The bridge to the runtime's own tracing, and the runtime as an independent witness of our parents and times.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DecodedSpan } from '../otlp-decode.ts'
import { LINES, named, type Running, run, tree, worker } from './harness.ts'

/** What a streaming tail is told (only what is looked at). */
interface TailEvent {
  readonly spanContext: { readonly traceId: string; readonly spanId?: string }
  readonly timestamp: string
  readonly event: { readonly type: string; readonly name?: string; readonly spanId?: string; readonly outcome?: string }
}

const TAIL = { compatibilityFlags: ['experimental', 'streaming_tail_worker'] }

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  let spans: readonly DecodedSpan[]
  let events: readonly TailEvent[]
  let answered: string

  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      worker('native', 'native', {
        bindings: { OTLP_URL: url },
        kvNamespaces: ['KV'],
        streamingTails: ['tail'],
        ...TAIL,
      }),
      worker('tail', 'tail', TAIL),
      // Nobody listens: the runtime's tracing is there all the same, and records nothing.
      worker('unwatched', 'native', { bindings: { OTLP_URL: url }, kvNamespaces: ['KV'] }),
    ])
    answered = (await (await running.miniflare.dispatchFetch('http://native/')).json()) as string
    spans = await running.spans(named('GET'))
    const tail = await running.miniflare.getWorker('tail')
    await vi.waitFor(
      async () => {
        events = (await (await tail.fetch('http://tail/')).json()) as TailEvent[]
        if (!events.some(({ event }) => event.type === 'outcome')) throw new Error('the invocation has not ended')
      },
      { timeout: 10_000 },
    )
  })
  afterAll(() => running?.close())

  it('exports, and takes no trace id of zeros, where the runtime’s tracing records nothing', async () => {
    const unwatched = await running.miniflare.getWorker('unwatched')
    const traceId = await (await unwatched.fetch('http://unwatched/')).json()
    const seen = await running.spans(named('GET'))
    expect(tree(seen, /answer/)).toBe(tree(spans, /answer/))
    expect(seen[0]!.traceId).toBe(traceId)
    expect(traceId).toMatch(/^(?!0+$)[\da-f]{32}$/)
  })

  /** The runtime's spans as a tree of names. */
  function nativeTree(parent: string | undefined, depth = 0): string {
    return events
      .filter(({ event, spanContext }) => event.type === 'spanOpen' && spanContext.spanId === parent)
      .map(({ event }) => `${'  '.repeat(depth)}${event.name}\n${nativeTree(event.spanId, depth + 1)}`)
      .join('')
  }
  const onset = () => events.find(({ event }) => event.type === 'onset')!.event.spanId

  it('exports the same whether or not the runtime traces', () => {
    expect(tree(spans, /answer/)).toBe(
      'SERVER GET\n  INTERNAL outer {answer=42}\n    INTERNAL inner\n      CLIENT get KV\n  INTERNAL fails !on purpose',
    )
    expect(spans[0]!.traceId).toBe(answered)
  })

  it.runIf(line === '2026-11')(
    'shows every span in the runtime’s own tracing, under the same parents, in its trace',
    () => {
      expect(nativeTree(onset())).toBe('GET\n  outer\n    inner\n      get KV\n  fails\nkv_get\nfetch\n')
      expect(new Set(events.map(({ spanContext }) => spanContext.traceId))).toEqual(new Set([answered]))
    },
  )

  it.runIf(line === '2026-07')('stays out of a runtime that has no such methods', () => {
    expect(nativeTree(onset())).toBe('kv_get\nfetch\n')
  })

  it('agrees with the runtime about when things happened', () => {
    const open = events.find(({ event }) => event.name === 'kv_get')!
    const host = [open.timestamp, closeOf(open.event.spanId)].map((time) => Date.parse(time!))
    const ours = spans.find(({ name }) => name === 'get KV')!
    // The runtime has milliseconds too, and closes its span when the answer has been read.
    expect(ms(ours.startTimeUnixNano)).toBeLessThanOrEqual(host[0]! + 1)
    expect(ms(ours.endTimeUnixNano)).toBeGreaterThanOrEqual(host[0]!)
    const root = spans.find(({ name }) => name === 'GET')!
    const [began, ended] = [events.at(0)!, events.at(-1)!].map(({ timestamp }) => Date.parse(timestamp))
    expect(ms(root.startTimeUnixNano)).toBeGreaterThanOrEqual(began!)
    expect(ms(root.endTimeUnixNano)).toBeLessThanOrEqual(ended!)
  })

  const closeOf = (spanId: string | undefined): string | undefined =>
    events.find(({ event, spanContext }) => event.type === 'spanClose' && spanContext.spanId === spanId)?.timestamp
})

const ms = (nano: string): number => Number(BigInt(nano) / 1_000_000n)
