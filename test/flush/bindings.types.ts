// Compiles when Cloudflare's own types fit ours, which import nothing of theirs.
import type { ExportedHandler, Fetcher, Queue, R2Bucket } from '@cloudflare/workers-types'
import {
  type Exporter,
  queueConsumer,
  queueExporter,
  r2Exporter,
  serviceBindingExporter,
  tailForwarder,
} from '../../src/flush.ts'

interface Env {
  SPOOL: Queue
  BUCKET: R2Bucket
  COLLECTOR: Fetcher
  OTLP_URL: string
}

export const exporters = (env: Env): readonly Exporter[] => [
  queueExporter(env.SPOOL),
  r2Exporter(env.BUCKET),
  serviceBindingExporter(env.COLLECTOR),
]

export const consumer: ExportedHandler<Env> = {
  queue: queueConsumer((env: Env) => ({ url: env.OTLP_URL })),
  tail: tailForwarder((env: Env) => ({ url: env.OTLP_URL })),
}
