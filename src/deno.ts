// The door for Deno.
export { batching } from './runtime/hosts/batching.ts'
export { type DenoInfo, deno } from './runtime/hosts/deno.ts'
