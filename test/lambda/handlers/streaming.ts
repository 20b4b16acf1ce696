import { createTracer, otlp } from 'clew'
import { lambdaExtension, lambdaStream } from 'clew/lambda'

declare const OTLP_URL: string
declare const EXTENSION: boolean
declare const awslambda: { HttpResponseStream: { from(stream: unknown, prelude: object): typeof stream } }

const tracer = createTracer({ service: 'orders', exporter: otlp({ url: OTLP_URL }) })
const extension = EXTENSION ? { extension: await lambdaExtension() } : {}

export const handler: unknown = lambdaStream(
  tracer,
  async (event: { throws?: string }, raw, { span }) => {
    const stream = awslambda.HttpResponseStream.from(raw, { statusCode: 201 }) as typeof raw
    for (const word of ['one ', 'two ', 'three']) {
      await span.enterSpan(word.trim(), () => new Promise((resolve) => setTimeout(resolve, 40)))
      stream.write(word)
      if (event.throws) throw new Error(event.throws)
    }
    stream.end()
  },
  extension,
)
