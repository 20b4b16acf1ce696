// The door for what a Worker's bindings become: `createTracer((env) => ({ …, bindings: [d1, kv] }))`.
export { d1 } from './runtime/bindings/d1.ts'
export { durableObjectRpc } from './runtime/bindings/durable-object.ts'
export { type BindingKind, off, only } from './runtime/bindings/kind.ts'
export { serviceRpc } from './runtime/bindings/service.ts'
export { unwrap } from './runtime/forward.ts'
