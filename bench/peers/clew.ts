// In: the sources of clew, these or another checkout's. Out: clew as a peer.

import type { Batch } from '../../src/flush.ts'
import type { InvocationStart, Span, Tracer } from '../../src/index.ts'
import { CHILD_NAME, CLIENT, EVENT_NAME, eventAttributes, type Peer, ROOT_NAME, SERVER, SERVICE } from '../peer.ts'

type Clew = typeof import('../../src/index.ts')
type Flush = typeof import('../../src/flush.ts')
type Propagate = typeof import('../../src/propagate.ts')
type Sampling = typeof import('../../src/sampling.ts')

const noop = (): void => {}

export async function clew(from: string): Promise<Peer<Span, Batch>> {
  const load = (door: string): Promise<unknown> => import(`${from}/src/${door}.ts`)
  const { createTracer, alwaysOff, alwaysOn, parentBased, traceIdRatio } = (await load('index')) as Clew
  const { json, protobuf } = (await load('flush')) as Flush
  const { composite, traceContext, baggage, recordGetter, recordSetter } = (await load('propagate')) as Propagate
  const { alwaysOn: on } = (await load('sampling')) as Sampling
  const clewJson = json()
  const clewProtobuf = protobuf()

  let leave: (batch: Batch) => void = noop
  const exporter = {
    export(batch: Batch) {
      leave(batch)
      return Promise.resolve({ ok: true } as const)
    },
  }
  // Batches of 2,000 are measured too; a limit that is reached would be less work.
  const limits = { spanCountLimit: 20_000 }
  const tracer = (sampler: ReturnType<typeof alwaysOn>): Tracer<object> =>
    createTracer({ service: SERVICE, exporter, sampler, limits })
  const sampled = tracer(parentBased({ root: on() }))
  const unsampled = tracer(alwaysOff())
  const env = {}
  const start: InvocationStart<object> = { name: ROOT_NAME, kind: SERVER, env, keepAlive: noop }
  const propagator = composite([traceContext(), baggage()])
  const half = parentBased({ root: traceIdRatio(0.5) })
  const input = {
    isNewTrace: true,
    name: ROOT_NAME,
    kind: SERVER,
    attributes: {},
    links: [],
    nowMs: 0,
    random: Math.random,
  }

  return {
    open(isSampled) {
      let root!: Span
      let settle: () => void = noop
      const batch = new Promise<Batch>((resolve) => {
        leave = resolve
      })
      void (isSampled ? sampled : unsampled).invoke(start, (span) => {
        root = span
        return new Promise<void>((resolve) => {
          settle = resolve
        })
      })
      return {
        root,
        recorded() {
          settle()
          return isSampled ? batch : ({} as Batch)
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
    decide: (traceId) =>
      half.shouldSample({
        ...input,
        traceId,
        parent: undefined,
        upstream: undefined,
        baggage: undefined,
        headers: undefined,
      } as never).decision === 'RECORD_AND_SAMPLE',
  }
}

const KIND = { kind: CLIENT } as const
