// The Worker that answers "hello", traced by effect.
import { Effect, Layer, ManagedRuntime } from 'effect'
import { FetchHttpClient } from 'effect/http'
import { OtlpExporter, OtlpSerialization, OtlpTracer } from 'effect/observability'

const make = (url: string) =>
  ManagedRuntime.make(
    OtlpTracer.layer({ url, resource: { serviceName: 'hello' } }).pipe(
      Layer.provide(OtlpSerialization.layerJson),
      Layer.provideMerge(FetchHttpClient.layer),
    ),
  )
let runtime: ReturnType<typeof make> | undefined
const flush = Effect.flatMap(OtlpExporter.Flusher, (flusher) => flusher.flush)

export default {
  async fetch(
    request: Request,
    env: { OTLP_URL: string },
    ctx: { waitUntil(promise: Promise<unknown>): void },
  ): Promise<Response> {
    runtime ??= make(env.OTLP_URL)
    const answer = Effect.sync(() => new Response('hello'))
    const attributes = { 'http.request.method': request.method }
    const response = await runtime.runPromise(Effect.withSpan(answer, request.method, { kind: 'server', attributes }))
    ctx.waitUntil(runtime.runPromise(flush))
    return response
  },
}
