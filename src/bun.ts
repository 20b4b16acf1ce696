// The door for Bun.
export { batching } from './runtime/batching.ts'
export { type BunServer, bun } from './runtime/bun.ts'
