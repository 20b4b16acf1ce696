import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { lambda, lambdaStream } from 'clew/lambda'
import { type answer, dispatcher, tracers } from '../program.ts'

declare const STREAMING: boolean
declare const awslambda: { HttpResponseStream: { from(stream: unknown, prelude: object): NodeJS.WritableStream } }

type Answer = typeof answer

const requestOf = (event: APIGatewayProxyEventV2): Request =>
  new Request(urlOf(event), { headers: event.headers as Record<string, string> })

const urlOf = ({ rawPath, rawQueryString }: APIGatewayProxyEventV2): string =>
  `https://lambda.example${rawPath}?${rawQueryString}`

const buffered = dispatcher(
  (tracer, answer: Answer) =>
    lambda(tracer, async (event: APIGatewayProxyEventV2, context): Promise<APIGatewayProxyStructuredResultV2> => {
      const response = await answer(requestOf(event), context)
      return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
    }) as (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>,
  urlOf,
)

const streamed = lambdaStream(tracers['plain']!, async (event: APIGatewayProxyEventV2, raw, context) => {
  const { answer } = await import('../program.ts')
  const response = await answer(requestOf(event), context)
  const stream = awslambda.HttpResponseStream.from(raw, { statusCode: response.status })
  for await (const chunk of response.body ?? []) stream.write(chunk)
  stream.end()
})

export const handler: unknown = STREAMING ? streamed : buffered
