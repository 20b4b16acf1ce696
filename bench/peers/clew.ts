// In: the sources of clew, these or another checkout's. Out: clew as a peer.

import type { Batch } from '../../src/flush.ts'
import type { InvocationStart, Span, Tracer, TracerOptions } from '../../src/index.ts'
import type { LocalTrace, SamplingInput } from '../../src/sampling.ts'
import {
  CHILD_NAME,
  CLIENT,
  EVENT_NAME,
  eventAttributes,
  type Fate,
  five,
  type Peer,
  ROOT_NAME,
  SERVER,
  SERVICE,
} from '../peer.ts'

type Clew = typeof import('../../src/index.ts')
type Flush = typeof import('../../src/flush.ts')
type Propagate = typeof import('../../src/propagate.ts')
type Sampling = typeof import('../../src/sampling.ts')

const noop = (): void => {}

export async function clew(from: string): Promise<Peer<Span, Batch>> {
  const load = (door: string): Promise<unknown> => import(`${from}/src/${door}.ts`)
  const { createTracer, alwaysOff, parentBased, traceIdRatio } = (await load('index')) as Clew
  const { gzip, json, protobuf } = (await load('flush')) as Flush
  const { recordGetter, recordSetter, w3c } = (await load('propagate')) as Propagate
  const {
    alwaysOn: on,
    alwaysRecord,
    anyOf,
    errors,
    rateLimited,
    ratio,
    slowerThan,
  } = (await load('sampling')) as Sampling
  const clewJson = json()
  const clewProtobuf = protobuf()

  /** By trace: several requests may be open. */
  const waiting = new Map<string, (batch: Batch) => void>()
  const exporter = {
    export(batch: Batch) {
      const { traceId } = batch.spans[0]!
      waiting.get(traceId)?.(batch)
      waiting.delete(traceId)
      return Promise.resolve({ ok: true } as const)
    },
  }
  // Batches of 2,000 are measured too; a limit that is reached would be less work.
  const limits = { spanCountLimit: 20_000 }
  const tracer = (more: Omit<TracerOptions, 'service' | 'exporter'>): Tracer<object> =>
    createTracer({ service: SERVICE, exporter, limits, ...more })
  const tracers: Record<Fate, Tracer<object>> = {
    sampled: tracer({ sampler: parentBased({ root: on() }) }),
    unsampled: tracer({ sampler: alwaysOff() }),
    'record only': tracer({ sampler: alwaysRecord(alwaysOff()) }),
    'tail-dropped': tracer({ tailSampler: anyOf(errors()), onDrop() {} }),
  }
  let ended: Promise<unknown> | undefined
  const start: InvocationStart<object> = {
    name: ROOT_NAME,
    kind: SERVER,
    env: {},
    keepAlive(promise) {
      ended = promise
    },
  }
  const propagator = w3c()
  const pack = gzip({ minBytes: 0 })
  const half = parentBased({ root: traceIdRatio(0.5) })
  const limited = rateLimited(10)
  const tail = anyOf(errors(), slowerThan(500), ratio(0.1))
  const asked = (traceId: string): SamplingInput => ({
    parent: undefined,
    upstream: undefined,
    traceId,
    isNewTrace: true,
    name: ROOT_NAME,
    kind: SERVER,
    attributes: {},
    links: [],
    baggage: undefined,
    headers: undefined,
    nowMs: 0,
    random: Math.random,
  })
  const batch = await collectedOf(tracers.sampled)
  const trace: LocalTrace = {
    root: batch.spans[0]!,
    spans: batch.spans,
    dropped: 0,
    durationMs: 12,
    headSampled: true,
    onlyHeadSampled: false,
    parent: undefined,
    baggage: undefined,
    nowMs: 0,
    random: Math.random,
  }

  /** Eleven spans, ended. */
  function collectedOf(tracer: Tracer<object>): Promise<Batch> {
    return tracer.invoke(start, (span) => {
      for (let i = 0; i < 10; i++) span.startSpan(CHILD_NAME, { attributes: five(i) }).end()
      return { batch: collected(span) }
    }).batch
  }

  function collected(span: Span): Promise<Batch> {
    return new Promise((resolve) => waiting.set(span.spanContext().traceId, resolve))
  }

  return {
    fates: ['sampled', 'unsampled', 'record only', 'tail-dropped'],
    open(fate) {
      let root!: Span
      let settle: () => void = noop
      ended = undefined
      void tracers[fate].invoke(start, (span) => {
        root = span
        return new Promise<void>((resolve) => {
          settle = resolve
        })
      })
      // The promise that this request gave to its host.
      const end = ended
      return {
        root,
        async recorded() {
          const batch = fate === 'sampled' ? collected(root) : end
          settle()
          return (await batch) as Batch
        },
      }
    },
    start: (parent, attributes) => parent.startSpan(CHILD_NAME, attributes ? { kind: CLIENT, attributes } : KIND),
    set: (span, key, value) => void span.setAttribute(key, value),
    event: (span) => void span.addEvent(EVENT_NAME, eventAttributes()),
    exception(span, error) {
      span.recordException(error)
      span.setStatus({ code: 2 })
    },
    end: (span) => span.end(),
    json: (batch) => clewJson.traces(batch) as string,
    protobuf: (batch) => clewProtobuf.traces(batch) as Uint8Array,
    propagate(incoming) {
      const outgoing = {}
      propagator.inject(propagator.extract(recordGetter(incoming), {}), recordSetter(outgoing))
      return outgoing
    },
    gzip: async (body) => (await pack.compress(body as string))!,
    decide: (traceId) => half.shouldSample(asked(traceId)).decision === 'RECORD_AND_SAMPLE',
    decisions: {
      'rate limit': (traceId) => limited.shouldSample(asked(traceId)),
      'tail: errors, slow, or a tenth': () => tail.decide(trace),
    },
  }
}

const KIND = { kind: CLIENT } as const
