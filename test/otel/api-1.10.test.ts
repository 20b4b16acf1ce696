// In: version 1.10 of the OpenTelemetry API. Out: what every version must do. A process has one: hence a file each.
import * as api from '@opentelemetry/api'
import { suite } from './suite.ts'

suite(api as unknown as Parameters<typeof suite>[0])
