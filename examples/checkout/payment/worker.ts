// In: an order. Out: the receipt of its charge; 504 when the card processor does not answer in time.
import { createTracer, otlp, type Span, traced } from 'clew'
import { workers } from 'clew/workers'
import type { Order, Receipt } from '../order.ts'

interface Env {
  OTLP_URL: string
  PROCESSOR_URL: string
}

const tracer = createTracer((env: Env) => ({ service: 'payment', exporter: otlp({ url: env.OTLP_URL }) }))

/** The processor promises an answer within two seconds. */
const TIMEOUT_MS = 2000
const TRIES = 2

export default workers(tracer, {
  async fetch(request, _env, { span }) {
    const order = await request.json<Order>()
    span.setAttributes({ 'http.route': '/charges', 'order.id': order.id })
    try {
      return Response.json(await charge(span, order))
    } catch (error) {
      return Response.json({ error: String(error) }, { status: 504 })
    }
  },
})

const charge = traced('charge card', async (span: Span<Env>, { id, card, total }: Order): Promise<Receipt> => {
  span.setAttributes({ 'payment.amount': total, 'payment.card.last4': card.slice(-4) })
  for (let attempt = 1; ; attempt++) {
    const answer = await span.fetch(`${span.env.PROCESSOR_URL}/charges`, {
      method: 'POST',
      headers: { 'idempotency-key': id },
      body: JSON.stringify({ card, total }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (answer.ok) return answer.json()
    if (answer.status !== 503 || attempt === TRIES) throw new Error(`the card processor answered ${answer.status}`)
    span.addEvent('retry', { attempt })
  }
})
