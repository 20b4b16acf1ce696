// In: a handler of a Supabase Edge Function. Out: the same handler, each request an invocation.
// Must stay true: `EdgeRuntime.waitUntil` holds the worker; where there is none (`deno test`) the process lives on.
import type { Attributes } from '../../flush/model.ts'
import type { Tracer } from '../tracer.ts'
import type { DenoInfo } from './deno.ts'
import { handle, type RequestHandler, type TracedRequestHandler } from './handle.ts'
import { environment } from './process.ts'

const RESOURCE: Attributes = { 'cloud.provider': 'supabase' }

/** Traces a function: `Deno.serve(supabase(tracer, async (request, { span }) => …))`. */
export function supabase<Env = unknown, C extends DenoInfo = DenoInfo>(
  tracer: Tracer<Env>,
  handler: RequestHandler<Env, C>,
): TracedRequestHandler<C> {
  return handle(tracer, handler, {
    waitUntil(promise) {
      const { EdgeRuntime } = globalThis as { EdgeRuntime?: { waitUntil?(promise: Promise<unknown>): void } }
      EdgeRuntime?.waitUntil?.(promise)
    },
    resource: RESOURCE,
    sent: (info) => info?.completed,
    attributes() {
      const { SB_REGION: region, SB_EXECUTION_ID: id } = environment()
      return { ...(region && { 'cloud.region': region }), ...(id && { 'faas.instance': id }) }
    },
  })
}
