// In: otel-cf-workers or its fork. Out: a peer, with the tracer that the library registers when a handler first runs.
// The libraries import `cloudflare:workers`: in Node they get empty classes in its place.
import { AsyncLocalStorage } from 'node:async_hooks'
import { registerHooks } from 'node:module'
import { scheduler } from 'node:timers/promises'
import type { Tracer } from '@opentelemetry/api'
import type { Peer } from '../peer.ts'
import {
  type Api,
  collector,
  DECISIONS,
  type Finished,
  openTelemetry,
  type Place,
  type Wiring,
} from './opentelemetry.ts'

const STUB =
  'export class DurableObject {} export class WorkerEntrypoint {} export class WorkflowEntrypoint {} export const env = {}'

// A global of Workers.
Object.assign(globalThis, { scheduler })

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('cloudflare:')
      ? { url: `data:text/javascript,${encodeURIComponent(STUB)}`, shortCircuit: true }
      : next(specifier, context),
})

interface Library {
  instrument(handler: object, config: object): { fetch(request: Request, env: object, ctx: object): Promise<unknown> }
}

export async function workersFork(
  library: Library,
  api: Api,
  encoders: Pick<Wiring, 'json' | 'protobuf'>,
): Promise<Peer<Place, Finished>> {
  const { processor, take } = collector()
  let decision = 2
  let within!: ReturnType<typeof AsyncLocalStorage.snapshot>
  const traced = library.instrument(
    {
      fetch() {
        within = AsyncLocalStorage.snapshot()
        return new Response('ok')
      },
    },
    {
      spanProcessors: [processor],
      service: { name: 'bench' },
      sampling: { headSampler: { shouldSample: () => ({ decision }) } },
      instrumentation: { instrumentGlobalFetch: false, instrumentGlobalCache: false },
    },
  )
  await traced.fetch(new Request('http://bench.example/'), {}, { waitUntil() {}, passThroughOnException() {} })
  await new Promise((resolve) => setTimeout(resolve, 20))
  take()
  const tracer: Tracer = api.trace.getTracer('bench')
  const peer = openTelemetry({ api, sampled: tracer, unsampled: tracer, recorded: tracer, take, ...encoders })
  return {
    ...peer,
    // Its tracer finds its configuration in the handler's AsyncLocalStorage.
    within: (work) => within(work),
    open(fate) {
      decision = DECISIONS[fate]
      return peer.open(fate)
    },
  }
}
