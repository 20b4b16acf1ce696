// The door for WorkerEntrypoint classes.
export { spanOf } from './runtime/cloudflare/traced-class.ts'
export { workerEntrypoint } from './runtime/cloudflare/worker-entrypoint.ts'
