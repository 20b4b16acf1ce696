import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { createTracer, otlp } from 'clew'
import { lambda } from 'clew/lambda'

declare const OTLP_URL: string

const tracer = createTracer({ service: 'orders', exporter: otlp({ url: OTLP_URL }) })

export const handler: unknown = lambda(tracer, async ({ Records }: SQSEvent, { span }): Promise<SQSBatchResponse> => {
  const batchItemFailures: { itemIdentifier: string }[] = []
  for (const { messageId, body } of Records)
    await span.enterSpan(`message ${messageId}`, async () => {
      if (body === 'bad') batchItemFailures.push({ itemIdentifier: messageId })
    })
  return { batchItemFailures }
})
