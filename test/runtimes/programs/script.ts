// A script: it does its work and has nothing left to do.
import { createTracer, otlp } from 'clew'
import { batching } from 'clew/node'

declare const COLLECTOR_URL: string

const tracer = createTracer({ service: 'script', exporter: batching(otlp({ url: COLLECTOR_URL })) })
await tracer.invoke({ name: 'import', env: process.env, keepAlive() {} }, (span) =>
  span.enterSpan('row', () => new Promise((resolve) => setTimeout(resolve, 5))),
)
