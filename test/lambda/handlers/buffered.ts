import { createTracer, otlp } from 'clew'
import { lambda, lambdaExtension } from 'clew/lambda'

declare const OTLP_URL: string
declare const EXTENSION: boolean

interface Event {
  readonly throws?: string
  readonly later?: boolean
  readonly never?: boolean
  readonly sleepMs?: number
}

const tracer = createTracer({ service: 'orders', exporter: otlp({ url: OTLP_URL }) })
const extension = EXTENSION ? { extension: await lambdaExtension() } : {}

export const handler: unknown = lambda(
  tracer,
  async (event: Event, context) => {
    const { span } = context
    await span.enterSpan('work', () => new Promise((resolve) => setTimeout(resolve, event.sleepMs ?? 1)))
    if (event.later) span.waitUntil(span.enterSpan('later', () => new Promise((resolve) => setTimeout(resolve, 50))))
    if (event.throws) throw new TypeError(event.throws)
    if (event.never) console.log('waiting')
    if (event.never) await new Promise(() => {})
    return { said: 'hello', requestId: context.awsRequestId, leftMs: context.getRemainingTimeInMillis() }
  },
  extension,
)
