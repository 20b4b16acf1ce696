// In: an order. Out: 201 with its goods reserved, or 409 when there are not enough of them.
import { createTracer, otlp, type Span, traced } from 'clew'
import { d1 } from 'clew/bindings'
import { workers } from 'clew/workers'
import type { Item, Order } from '../order.ts'

interface Env {
  OTLP_URL: string
  DB: D1Database
}

const tracer = createTracer((env: Env) => ({
  service: 'inventory',
  exporter: otlp({ url: env.OTLP_URL }),
  bindings: [d1],
}))

export default workers(tracer, {
  async fetch(request, _env, { span }) {
    const order = await request.json<Order>()
    span.setAttributes({ 'http.route': '/reservations', 'order.id': order.id })
    if (!(await isInStock(span, order.items))) return new Response(null, { status: 409 })
    await reserve(span, order)
    return new Response(null, { status: 201 })
  },
})

const isInStock = traced('check stock', async (span: Span<Env>, items: readonly Item[]) => {
  for (const { sku, barcode, quantity } of items) {
    const found = await stockOf(span, sku, barcode).all<{ inStock: number | null }>()
    if ((found.results[0]?.inStock ?? 0) < quantity) return false
  }
  return true
})

function stockOf({ env }: Span<Env>, sku: string, barcode: string | undefined): D1PreparedStatement {
  const sum = 'select sum(quantity) as inStock from movements'
  // No index serves the second: the price of a scanner that leaves out the dashes.
  if (!barcode) return env.DB.prepare(`${sum} where sku = ?`).bind(sku)
  return env.DB.prepare(`${sum} where replace(barcode, '-', '') = ?`).bind(barcode)
}

function reserve({ env }: Span<Env>, { id, items }: Order): Promise<unknown> {
  const insert = env.DB.prepare('insert into reservations (order_id, sku, quantity) values (?, ?, ?)')
  return env.DB.batch(items.map(({ sku, quantity }) => insert.bind(id, sku, quantity)))
}
