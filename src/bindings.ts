// The door for what a Worker's bindings become: `createTracer((env) => ({ …, bindings: [d1, kv] }))`.
export { ai } from './runtime/cloudflare/bindings/ai.ts'
export { allBindings } from './runtime/cloudflare/bindings/all.ts'
export { d1 } from './runtime/cloudflare/bindings/d1.ts'
export { durableObjectFetch, durableObjectRpc } from './runtime/cloudflare/bindings/durable-object.ts'
export { under } from './runtime/cloudflare/bindings/env.ts'
export { type BindingKind, named, off } from './runtime/cloudflare/bindings/kind.ts'
export { kv } from './runtime/cloudflare/bindings/kv.ts'
export {
  analyticsEngine,
  cache,
  dispatch,
  email,
  hyperdrive,
  images,
  rateLimiter,
  secret,
  vectorize,
} from './runtime/cloudflare/bindings/more.ts'
export { queue } from './runtime/cloudflare/bindings/queue.ts'
export { r2 } from './runtime/cloudflare/bindings/r2.ts'
export { serviceFetch, serviceRpc } from './runtime/cloudflare/bindings/service.ts'
export { storage } from './runtime/cloudflare/bindings/storage.ts'
export { workflow } from './runtime/cloudflare/bindings/workflow.ts'
export { unwrap } from './runtime/forward.ts'
