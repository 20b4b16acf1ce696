// The door for WorkerEntrypoint classes.
export { spanOf } from './runtime/traced-class.ts'
export { workerEntrypoint } from './runtime/worker-entrypoint.ts'
