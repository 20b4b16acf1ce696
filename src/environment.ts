// The door for configuration by the standard OTEL_* variables, all of them.
export { environment } from './runtime/environment-full.ts'
