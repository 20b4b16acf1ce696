// The door for Node: `http`, and whatever lives on.
export { type BatchingExporter, type BatchingOptions, batching } from './runtime/hosts/batching.ts'
export { handle } from './runtime/hosts/handle.ts'
export { type NodeOptions, type NodeRequest, type NodeResponse, node } from './runtime/hosts/node.ts'
