// What every traced Worker does for a request: a handler span, five children with five attributes each, one call
// upstream, and one POST of what was recorded. Bindings: UPSTREAM and OTLP, both URLs; and POST_BYTES.
import { CHILD_NAME, five } from '../peer.ts'

export interface Env {
  readonly UPSTREAM: string
  readonly OTLP: string
  /** For the bare POST. */
  readonly POST_BYTES: string
}

export const CHILDREN = 5
export { CHILD_NAME, five }
