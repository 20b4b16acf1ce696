// @microlabs/otel-cf-workers. Its own spans, and the JSON encoder of OpenTelemetry that it posts with.
import { createRequire } from 'node:module'
import * as api from '@opentelemetry/api'
import { workersFork } from '../workers-fork.ts'

const require = createRequire(import.meta.url)
const { JsonTraceSerializer } = require('@opentelemetry/otlp-transformer')

export const peer = await workersFork(await import('@microlabs/otel-cf-workers'), api, { json: JsonTraceSerializer })
