// In: an order. Out: a receipt, once the goods are reserved, the risk is taken and the card is charged.
import { createTracer, otlp, type Span, traced } from 'clew'
import { workers } from 'clew/workers'
import type { Order, Receipt, Risk } from '../order.ts'

interface Env {
  OTLP_URL: string
  MAIL_URL: string
  INVENTORY: Fetcher
  FRAUD: Fetcher
  PAYMENT: Fetcher
}

const tracer = createTracer((env: Env) => ({ service: 'orders', exporter: otlp({ url: env.OTLP_URL }) }))

export default workers(tracer, {
  async fetch(request, env, { span }) {
    const order = await request.json<Order>()
    span.setAttributes({ 'http.route': '/orders', 'order.id': order.id })
    const post = { method: 'POST', body: JSON.stringify(order) }

    const [stock, risk] = await Promise.all([
      env.INVENTORY.fetch('https://inventory/reservations', post),
      env.FRAUD.fetch('https://fraud/scores', post).then((answer) => answer.json<Risk>()),
    ])
    if (!stock.ok) return Response.json({ error: 'out of stock' }, { status: 409 })
    if (risk.declined) {
      span.addEvent('order declined', { 'fraud.score': risk.score })
      return Response.json({ error: 'declined' }, { status: 402 })
    }

    const payment = await env.PAYMENT.fetch('https://payment/charges', post)
    if (!payment.ok) return Response.json({ error: 'payment failed' }, { status: 502 })
    const receipt = await payment.json<Receipt>()

    // After the response: the customer does not wait for the mail, and the trace does.
    span.waitUntil(notify(span, order, receipt))
    return Response.json({ order: order.id, ...receipt })
  },
})

const notify = traced('notify customer', (span: Span<Env>, order: Order, receipt: Receipt) =>
  span.fetch(`${span.env.MAIL_URL}/messages`, {
    method: 'POST',
    body: JSON.stringify({ to: order.email, text: `Paid: ${order.total} (${receipt.charge})` }),
  }),
)
