// The door for Cloudflare Workers.
export { type TracedWorker, type WorkersContext, type WorkersHandler, workers } from './runtime/workers.ts'
