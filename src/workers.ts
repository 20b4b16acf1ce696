// The door for Cloudflare Workers.
export type { EventKind } from './runtime/event.ts'
export { emailEvents, tailEvents } from './runtime/other-events.ts'
export { queueEvents, queueEventsWithin } from './runtime/queue-event.ts'
export { listen, type SocketHandlers } from './runtime/socket.ts'
export { type TracedWorker, type WorkersContext, type WorkersHandler, workers } from './runtime/workers.ts'
