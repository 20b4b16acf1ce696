// In: what a test cares about. Out: whole inputs, spans and traces, the rest filled in.
import { type SpanRecord, StatusCode } from '../../src/flush/model.ts'
import type { SpanContext } from '../../src/propagate/span-context.ts'
import { parseTraceState } from '../../src/propagate/trace-state.ts'
import type { SamplingInput } from '../../src/sampling/sampler.ts'
import type { LocalTrace } from '../../src/sampling/tail-sampler.ts'

/** A trace id whose randomness is these 14 hex digits. */
export const traceIdOf = (randomness: string): string => `0af7651916cd43dd84${randomness}`

/** Randomness that lies this far into the range: 0 is the least likely to be kept, just below 1 the most. */
export const randomnessAt = (fraction: number): string =>
  Math.floor(fraction * 2 ** 52)
    .toString(16)
    .padStart(13, '0')
    .concat('0')

export const remoteParent = (flags: number, traceState = '', randomness = '80000000000000'): SpanContext => {
  const list = parseTraceState(traceState)
  return {
    traceId: traceIdOf(randomness),
    spanId: 'b7ad6b7169203331',
    traceFlags: flags,
    isRemote: true,
    ...(list && { traceState: list }),
  }
}

export const input = (fields: Partial<SamplingInput> = {}): SamplingInput => ({
  parent: undefined,
  upstream: undefined,
  traceId: fields.parent?.traceId ?? traceIdOf('80000000000000'),
  isNewTrace: fields.parent === undefined,
  name: 'GET /carts/:id',
  kind: 1,
  attributes: {},
  links: [],
  baggage: undefined,
  headers: undefined,
  nowMs: 1_000_000,
  random: () => 0.5,
  ...fields,
})

let spans = 0

export const span = (fields: Partial<SpanRecord> = {}): SpanRecord => ({
  traceId: traceIdOf('80000000000000'),
  spanId: (++spans).toString(16).padStart(16, '0'),
  parentSpanId: '',
  parentIsRemote: false,
  traceFlags: 3,
  traceState: '',
  name: 'GET /carts/:id',
  kind: 1,
  startMs: 1_000_000,
  endMs: 1_000_010,
  attributes: {},
  droppedAttributes: 0,
  events: [],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
  statusCode: StatusCode.UNSET,
  statusMessage: '',
  ...fields,
})

export interface TraceFields extends Partial<Omit<LocalTrace, 'root' | 'spans'>> {
  readonly root?: Partial<SpanRecord>
  readonly children?: readonly Partial<SpanRecord>[]
  readonly randomness?: string
}

export const trace = ({ root = {}, children = [], randomness, ...fields }: TraceFields = {}): LocalTrace => {
  const rootSpan = span({ ...(randomness && { traceId: traceIdOf(randomness) }), ...root })
  return {
    root: rootSpan,
    spans: [
      rootSpan,
      ...children.map((child) => span({ traceId: rootSpan.traceId, parentSpanId: rootSpan.spanId, ...child })),
    ],
    dropped: 0,
    durationMs: rootSpan.endMs - rootSpan.startMs,
    headSampled: false,
    parent: undefined,
    baggage: undefined,
    nowMs: rootSpan.endMs,
    random: () => 0.5,
    ...fields,
  }
}
