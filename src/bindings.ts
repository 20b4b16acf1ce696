// The door for what a Worker's bindings become: `createTracer((env) => ({ …, bindings: [d1, kv] }))`.
export { ai } from './runtime/bindings/ai.ts'
export { allBindings } from './runtime/bindings/all.ts'
export { d1 } from './runtime/bindings/d1.ts'
export { durableObjectFetch, durableObjectRpc } from './runtime/bindings/durable-object.ts'
export { under } from './runtime/bindings/env.ts'
export { type BindingKind, named, off } from './runtime/bindings/kind.ts'
export { kv } from './runtime/bindings/kv.ts'
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
} from './runtime/bindings/more.ts'
export { queue } from './runtime/bindings/queue.ts'
export { r2 } from './runtime/bindings/r2.ts'
export { serviceFetch, serviceRpc } from './runtime/bindings/service.ts'
export { storage } from './runtime/bindings/storage.ts'
export { workflow } from './runtime/bindings/workflow.ts'
export { unwrap } from './runtime/forward.ts'
