// The door for Workflows.
export { spanOf } from './runtime/cloudflare/traced-class.ts'
export { workflow } from './runtime/cloudflare/workflow.ts'
