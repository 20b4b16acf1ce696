// effect's own OTLP exporter, with a runtime for the isolate, flushed in `waitUntil`.
import { Effect, Layer, ManagedRuntime } from 'effect'
import { FetchHttpClient, HttpClient } from 'effect/http'
import { OtlpExporter, OtlpSerialization, OtlpTracer } from 'effect/observability'
import { CHILD_NAME, CHILDREN, type Env, five } from '../../workers/work.ts'

const make = (env: Env) =>
  ManagedRuntime.make(
    OtlpTracer.layer({ url: env.OTLP, resource: { serviceName: 'bench' } }).pipe(
      Layer.provide(OtlpSerialization.layerJson),
      Layer.provideMerge(FetchHttpClient.layer),
    ),
  )
let runtime: ReturnType<typeof make> | undefined

const handle = (request: Request, env: Env) => {
  const url = new URL(request.url)
  const attributes = {
    'http.request.method': request.method,
    'url.path': url.pathname,
    'url.scheme': url.protocol.slice(0, -1),
    'server.address': url.hostname,
    'server.port': Number(url.port),
    'faas.trigger': 'http',
  }
  return Effect.gen(function* () {
    for (let i = 0; i < CHILDREN; i++)
      yield* Effect.withSpan(Effect.void, CHILD_NAME, { kind: 'client', attributes: five(i) })
    const client = yield* HttpClient.HttpClient
    const upstream = yield* client.get(env.UPSTREAM)
    const response = new Response(yield* upstream.text)
    yield* Effect.annotateCurrentSpan('http.response.status_code', 200)
    return response
  }).pipe(Effect.withSpan(request.method, { kind: 'server', attributes }))
}
const flush = Effect.flatMap(OtlpExporter.Flusher, (flusher) => flusher.flush)

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    runtime ??= make(env)
    const response = await runtime.runPromise(handle(request, env))
    ctx.waitUntil(runtime.runPromise(flush))
    return response
  },
}
