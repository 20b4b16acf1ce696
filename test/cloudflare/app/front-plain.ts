// The front Worker without clew.
import { WorkflowEntrypoint } from 'cloudflare:workers'

export { front as default, Room } from './front.ts'
export class Flow extends WorkflowEntrypoint {
  override async run(): Promise<void> {}
}
