// In: version 1.9 of the OpenTelemetry API. Out: what every version must do. A process has one: hence a file each.
import * as api from 'opentelemetry-api-1.9'
import { suite } from './suite.ts'

suite(api)
