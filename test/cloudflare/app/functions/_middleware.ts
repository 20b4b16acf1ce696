// The first of a chain of Pages functions: the request's invocation. What comes after gets the span by `data`.
import { createTracer, otlp, type Span } from 'clew'
import { kv } from 'clew/bindings'
import { pages } from 'clew/pages'

export interface Env {
  OTLP_URL: string
  KV: KVNamespace
}
export interface Data extends Record<string, unknown> {
  span: Span<Env>
}

const tracer = createTracer((env: Env) => ({ service: 'pages', exporter: otlp({ url: env.OTLP_URL }), bindings: [kv] }))

export const onRequest = pages(tracer, async (context) => {
  context.data['span'] = context.span
  const response = await context.next()
  response.headers.set('x-chain', 'passed')
  return response
})
