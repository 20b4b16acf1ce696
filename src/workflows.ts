// The door for Workflows.
export { spanOf } from './runtime/traced-class.ts'
export { workflow } from './runtime/workflow.ts'
