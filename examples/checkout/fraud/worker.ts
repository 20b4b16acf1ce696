// In: an order. Out: how risky it is.
import { createTracer, otlp, type Span, traced } from 'clew'
import { workers } from 'clew/workers'
import type { Order, Risk } from '../order.ts'

interface Env {
  OTLP_URL: string
}

const tracer = createTracer((env: Env) => ({ service: 'fraud', exporter: otlp({ url: env.OTLP_URL }) }))

/** What speaks against an order, and how loudly. */
const rules: readonly [name: string, points: number, applies: (order: Order) => boolean][] = [
  ['large total', 45, ({ total }) => total > 1000],
  ['ships abroad', 40, ({ country, cardCountry }) => country !== cardCountry],
  ['many of one article', 20, ({ items }) => items.some(({ quantity }) => quantity > 10)],
]

export default workers(tracer, {
  async fetch(request, _env, { span }) {
    const order = await request.json<Order>()
    span.setAttributes({ 'http.route': '/scores', 'order.id': order.id })
    return Response.json(assess(span, order))
  },
})

const assess = traced('assess risk', (span: Span<Env>, order: Order): Risk => {
  let score = 0
  for (const [rule, points, applies] of rules) {
    if (!applies(order)) continue
    score += points
    span.addEvent('rule applied', { rule, points })
  }
  span.setAttributes({ 'fraud.score': score, 'fraud.declined': score >= 80 })
  return { score, declined: score >= 80 }
})
