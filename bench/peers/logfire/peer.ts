// Logfire's fork of otel-cf-workers. Its own spans, and the JSON encoder of OpenTelemetry that it posts with.
import * as api from '@opentelemetry/api'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import { workersFork } from '../workers-fork.ts'

export const peer = await workersFork(await import('@pydantic/otel-cf-workers'), api, { json: JsonTraceSerializer })
