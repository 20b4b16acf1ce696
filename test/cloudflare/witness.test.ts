// The runtime's own tracing as an independent witness: a streaming tail is told of every call and every invocation. What we
// export must be the same tree, and each of our spans must be where the runtime saw the thing happen.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { plain } from '../collector.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { LINES, type Running, run, worker } from './harness.ts'

/** What a streaming tail is told (only what is looked at). */
interface TailEvent {
  readonly invocationId: string
  /** Of an onset: the call that led to it; else the span that the event is about or under. */
  readonly spanContext: { readonly traceId: string; readonly spanId?: string }
  readonly timestamp: string
  readonly event: {
    readonly type: string
    readonly name?: string
    readonly spanId?: string
    readonly info?: { readonly type: string }
  }
}

/** A call or an invocation, whoever saw it. Times are milliseconds. */
interface Seen {
  readonly what: string
  readonly startMs: number
  readonly endMs: number
  readonly children: Seen[]
}

const TAIL = { compatibilityFlags: ['experimental', 'streaming_tail_worker'] }

/** Sees no more than a millisecond; and the runtime ends its span when the answer has been read, not when it is there. */
const TOLERANCE_MS = 2

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  let ours: Seen
  let theirs: Seen

  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      worker('witness', 'witness', {
        bindings: { OTLP_URL: url },
        kvNamespaces: ['KV'],
        d1Databases: ['DB'],
        r2Buckets: ['BUCKET'],
        queueProducers: { JOBS: 'jobs' },
        serviceBindings: { SELF: 'witness', API: { name: 'witness', entrypoint: 'Api' } },
        durableObjects: { ROOM: { className: 'Room', useSQLite: true } },
        streamingTails: ['tail'],
        ...TAIL,
      }),
      worker('tail', 'tail', TAIL),
    ])
    await (await running.miniflare.dispatchFetch('http://witness/')).text()
    const spans = await running.spans((all) => all.filter(({ kind }) => kind === 2).length === 5)
    const tail = await running.miniflare.getWorker('tail')
    const told = async (): Promise<TailEvent[]> => (await (await tail.fetch('http://tail/')).json()) as TailEvent[]
    await vi.waitFor(
      async () => {
        if ((await told()).filter(({ event }) => event.type === 'outcome').length < 5) throw new Error('not yet')
      },
      { timeout: 10_000 },
    )
    ours = fromSpans(spans)
    theirs = fromEvents(await told())
  })
  afterAll(() => running?.close())

  it('sees the same calls and invocations, each under the same parent', () => {
    expect(text(ours)).toBe(text(theirs))
    expect(text(ours)).toBe(
      `
invocation
  kv_put
  kv_get
  d1_all
  r2_put
  call
    invocation
      kv_get
  call
    invocation
      kv_get
      call
        invocation
          durable_object_storage_put
  call
    invocation
      durable_object_storage_get
  queue_send`.trimStart(),
    )
  })

  it('sees them at the same times', () => {
    const differing = pairs(ours, theirs).flatMap(([mine, other]) => {
      const [early, late] = [other.startMs - mine.startMs, mine.endMs - lastMs(other)]
      // An invocation of ours is within the runtime's; a call of ours is around it.
      const sign = mine.what === 'invocation' ? -1 : 1
      return sign * early < -TOLERANCE_MS || sign * late < -TOLERANCE_MS ? [[mine.what, early, late]] : []
    })
    expect(differing).toEqual([])
    // The runtime's root includes the export, ours what the app did: eight steps with a pause after each.
    expect(ours.endMs - ours.startMs).toBeGreaterThanOrEqual(8 * 5)
  })
})

/** A call to another Worker is open for the runtime as long as its session: what happened in it counts. */
function lastMs({ what, endMs, children }: Seen): number {
  if (what !== 'call') return endMs
  return Math.max(...children.flatMap((invocation) => invocation.children).map(lastMs))
}

function fromSpans(spans: readonly DecodedSpan[]): Seen {
  const seen = (span: DecodedSpan): Seen => ({
    what: whatOf(span),
    startMs: Number(span.startTimeUnixNano) / 1e6,
    endMs: Number(span.endTimeUnixNano) / 1e6,
    children: sorted(spans.filter(({ parentSpanId }) => parentSpanId === span.spanId).map(seen)),
  })
  return seen(spans.find(({ parentSpanId }) => !parentSpanId)!)
}

/** A span by what the runtime would call it. */
function whatOf({ kind, attributes }: DecodedSpan): string {
  if (kind === 2) return 'invocation'
  const said = plain(attributes)
  const [type, operation] = [said['cloudflare.binding.type'], said['db.operation.name']]
  if (said['rpc.method'] || said['http.request.method']) return 'call'
  if (type === 'queue') return 'queue_send'
  if (type === 'durable_object') return `durable_object_storage_${operation}`
  return `${String(type).toLowerCase()}_${operation ?? 'put'}`
}

function fromEvents(events: readonly TailEvent[]): Seen {
  const of = (type: string): TailEvent[] => events.filter(({ event }) => event.type === type)
  const calls = new Set(of('onset').map(({ spanContext }) => spanContext.spanId))
  const under = (spanId: string): Seen[] => [
    ...of('onset')
      .filter(({ spanContext }) => spanContext.spanId === spanId)
      .map(invocation),
    ...of('spanOpen')
      .filter(({ spanContext }) => spanContext.spanId === spanId)
      .flatMap(span),
  ]
  const invocation = ({ invocationId, timestamp, event }: TailEvent): Seen => ({
    what: 'invocation',
    startMs: Date.parse(timestamp),
    endMs: Date.parse(of('outcome').find((each) => each.invocationId === invocationId)!.timestamp),
    children: sorted(under(event.spanId!)),
  })
  /** What the runtime does within a call, and its sessions, are not looked at, but for what is under them. */
  const span = ({ timestamp, event }: TailEvent): Seen[] => {
    const isCall = calls.has(event.spanId)
    if (!isCall && !/^(?:kv|r2|d1|queue|durable_object_storage)_/.test(event.name!)) return under(event.spanId!)
    const closed = of('spanClose').find(({ spanContext }) => spanContext.spanId === event.spanId)!
    const children = isCall ? under(event.spanId!) : []
    return [
      {
        what: isCall ? 'call' : event.name!,
        startMs: Date.parse(timestamp),
        endMs: Date.parse(closed.timestamp),
        children: sorted(children),
      },
    ]
  }
  return invocation(of('onset').find(({ spanContext }) => !spanContext.spanId)!)
}

const sorted = (seen: readonly Seen[]): Seen[] => [...seen].sort((a, b) => a.startMs - b.startMs)

const text = ({ what, children }: Seen, depth = 0): string =>
  [`${'  '.repeat(depth)}${what}`, ...children.map((child) => text(child, depth + 1))].join('\n')

const pairs = (a: Seen, b: Seen): [Seen, Seen][] => [
  [a, b],
  ...a.children.flatMap((child, n) => pairs(child, b.children[n]!)),
]
