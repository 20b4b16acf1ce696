// In: GET /checkout/:scenario. Out: what became of the order, and the id of its trace.
import { createTracer, otlp, type Span, traced } from 'clew'
import { workers } from 'clew/workers'
import type { Order } from '../order.ts'
import { scenarios } from './scenarios.ts'

interface Env {
  OTLP_URL: string
  ORDERS: Fetcher
}

const tracer = createTracer((env: Env) => ({ service: 'gateway', exporter: otlp({ url: env.OTLP_URL }) }))

export default workers(tracer, {
  async fetch(request, _env, { span }) {
    const scenario = /^\/checkout\/([\w-]+)$/.exec(new URL(request.url).pathname)?.[1]
    const cart = scenario && scenarios[scenario]
    if (!cart) return new Response(`Try /checkout/${Object.keys(scenarios).join(', /checkout/')}\n`, { status: 404 })

    span.setAttributes({ 'http.route': '/checkout/:scenario', scenario })
    const answer = await placeOrder(span, { ...cart, id: crypto.randomUUID() })
    return new Response(answer.body, {
      status: answer.status,
      headers: { 'content-type': 'application/json', 'x-trace-id': span.spanContext().traceId },
    })
  },
})

const placeOrder = traced('place order', (span: Span<Env>, order: Order) => {
  span.setAttributes({ 'order.id': order.id, 'order.total': order.total })
  return span.env.ORDERS.fetch('https://orders/orders', { method: 'POST', body: JSON.stringify(order) })
})
