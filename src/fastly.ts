// The door for Fastly Compute.
export { type FastlyEvent, fastly } from './runtime/hosts/fastly.ts'
