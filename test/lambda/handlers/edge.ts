import type { CloudFrontRequestEvent, CloudFrontRequestResult } from 'aws-lambda'
import { createTracer, otlp } from 'clew'
import { lambda } from 'clew/lambda'

declare const OTLP_URL: string

const tracer = createTracer({ service: 'edge', exporter: otlp({ url: OTLP_URL }) })

export const handler: unknown = lambda(
  tracer,
  async ({ Records: [record] }: CloudFrontRequestEvent): Promise<CloudFrontRequestResult> => record!.cf.request,
)
