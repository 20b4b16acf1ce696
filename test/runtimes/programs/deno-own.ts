import { createTracer, otlp } from 'clew'
import { type DenoInfo, deno } from 'clew/deno'
import type { TracedRequestHandler } from 'clew/handle'

declare const COLLECTOR_URL: string
declare const UPSTREAM_URL: string

const tracer = createTracer({ service: 'deno', exporter: otlp({ url: COLLECTOR_URL }) })

const served: { readonly fetch: TracedRequestHandler<DenoInfo> } = {
  fetch: deno(tracer, async (request, { span }) => {
    if (new URL(request.url).pathname === '/text') return new Response('text')
    const response = await span.fetch(UPSTREAM_URL)
    return new Response(await response.text())
  }),
}
export default served
