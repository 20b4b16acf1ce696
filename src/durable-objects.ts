// The door for Durable Objects.
export { durableObject } from './runtime/durable-object.ts'
export { spanOf } from './runtime/traced-class.ts'
