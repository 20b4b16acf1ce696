// The door for Node: `http`, and whatever lives on.
export { type BatchingExporter, type BatchingOptions, batching } from './runtime/batching.ts'
export { handle } from './runtime/handle.ts'
export { type NodeOptions, type NodeRequest, type NodeResponse, node } from './runtime/node.ts'
