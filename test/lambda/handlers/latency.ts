// One function in every mode of flushing, and without a tracer: what differs in time is the mode.
import { createTracer, otlp } from 'clew'
import { stdoutExporter } from 'clew/flush'
import { lambda, lambdaExtension, lambdaStream, type ResponseStream } from 'clew/lambda'

declare const OTLP_URL: string
/** `none`: without a tracer. */
declare const MODE: 'none' | 'before' | 'extension' | 'stdout'
declare const STREAMING: boolean
declare const awslambda: { streamifyResponse<F>(handler: F): F }

const exporter = MODE === 'stdout' ? stdoutExporter() : otlp({ url: OTLP_URL })
const tracer = createTracer({ service: 'orders', exporter })
const options = MODE === 'extension' ? { extension: await lambdaExtension() } : {}

const work = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

const answer = async (): Promise<object> => {
  await work()
  return { ok: true }
}
const write = async (_event: unknown, stream: ResponseStream): Promise<void> => {
  stream.write('first ')
  await work()
  stream.end('last')
}

const buffered = (): unknown =>
  MODE === 'none'
    ? answer
    : lambda(tracer, (_event: unknown, { span }) => span.enterSpan('work', () => answer()), options)
const streamed = (): unknown =>
  MODE === 'none'
    ? awslambda.streamifyResponse(write)
    : lambdaStream(tracer, (event, stream, { span }) => span.enterSpan('work', () => write(event, stream)), options)

export const handler: unknown = STREAMING ? streamed() : buffered()
