// The door for Deno.
export { batching } from './runtime/batching.ts'
export { type DenoInfo, deno } from './runtime/deno.ts'
