import { createTracer, otlp } from 'clew'
import { lambda } from 'clew/lambda'
import { composite, traceContext, xray } from 'clew/propagate'

declare const OTLP_URL: string

// X-Ray's parent where there is one, and W3C's where both are: what is read later counts.
const propagator = composite([xray(), traceContext()])
const tracer = createTracer({ service: 'orders', exporter: otlp({ url: OTLP_URL }), propagator })

export const handler: unknown = lambda(tracer, async (_event: object, { span }) => span.spanContext().traceId)
