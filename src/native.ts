// The door to Cloudflare's own tracing.
export type { Mirror } from './runtime/mirror.ts'
export { type NativeTracing, nativeSpans } from './runtime/native.ts'
