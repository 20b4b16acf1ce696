// The door for Durable Objects.
export { durableObject } from './runtime/cloudflare/durable-object.ts'
export { spanOf } from './runtime/cloudflare/traced-class.ts'
