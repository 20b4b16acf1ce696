import { createTracer } from 'clew'
import { stdoutExporter } from 'clew/flush'
import { lambda } from 'clew/lambda'

const tracer = createTracer({ service: 'orders', exporter: stdoutExporter() })

export const handler: unknown = lambda(tracer, (_event: object, { span }) => span.enterSpan('work', () => 'done'))
