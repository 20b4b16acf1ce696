// The door for Bun.
export { batching } from './runtime/hosts/batching.ts'
export { type BunServer, bun } from './runtime/hosts/bun.ts'
