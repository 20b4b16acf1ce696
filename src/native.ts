// The door to Cloudflare's own tracing.

export { type NativeTracing, nativeSpans } from './runtime/cloudflare/native.ts'
export type { Mirror } from './runtime/mirror.ts'
