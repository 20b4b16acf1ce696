// The door for Cloudflare Workers.
export type { EventKind } from './runtime/cloudflare/event.ts'
export { emailEvents, tailEvents } from './runtime/cloudflare/other-events.ts'
export { queueEvents, queueEventsWithin } from './runtime/cloudflare/queue-event.ts'
export { listen, type SocketHandlers } from './runtime/cloudflare/socket.ts'
export { type TracedWorker, type WorkersContext, type WorkersHandler, workers } from './runtime/cloudflare/workers.ts'
