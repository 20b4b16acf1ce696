// In: the text of the combined tracestate headers. Out: an immutable list of members, newest on the left.
// Must stay true: what is kept is grammatical, at most 32 members long, and never holds a key twice.
import { trimmed } from './traceparent.ts'

/** The vendors' list (Trace Context Level 2, section 3.3). Structurally the `TraceState` of `@opentelemetry/api`. */
export interface TraceState {
  get(key: string): string | undefined
  /** Puts the member left of all others; the right-most of 32 gives way. A key or value outside the grammar changes nothing. */
  set(key: string, value: string): TraceState
  unset(key: string): TraceState
  /** The header's text; empty when no member is left. */
  serialize(): string
}

/** Members of one list (section 3.3.1.1). */
export const MAX_TRACE_STATE_MEMBERS = 32

/** The longest list the grammar allows without white space: 32 members of 256 + 1 + 256 characters, and commas. */
export const MAX_TRACE_STATE_LENGTH = 16_447

const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/**
 * Reads a combined tracestate. One bad member, a thirty-third one or an over-long text discards the whole; of members
 * with the same key the left-most, which is the newest, is kept. Nothing when no member is left.
 */
export function parseTraceState(text: string): TraceState | undefined {
  if (text === '' || text.length > MAX_TRACE_STATE_LENGTH) return undefined
  if (!text.includes(',') && MEMBER.test(text)) return new Members([text], text)
  const members: string[] = []
  const keys: string[] = []
  let count = 0
  for (let member of text.split(',')) {
    if (!MEMBER.test(member)) {
      member = trimmed(member)
      if (member === '') continue
      if (!MEMBER.test(member)) return undefined
    }
    if (++count > MAX_TRACE_STATE_MEMBERS) return undefined
    const key = member.slice(0, member.indexOf('='))
    if (keys.includes(key)) continue
    keys.push(key)
    members.push(member)
  }
  return count > 0 ? new Members(members) : undefined
}

/** An empty list, to set the first member of. */
export function emptyTraceState(): TraceState {
  return new Members([])
}

class Members implements TraceState {
  readonly #members: readonly string[]
  #text: string | undefined

  constructor(members: readonly string[], text?: string) {
    this.#members = members
    this.#text = text
  }

  get(key: string): string | undefined {
    return this.#members[find(this.#members, `${key}=`)]?.slice(key.length + 1)
  }

  set(key: string, value: string): TraceState {
    const member = `${key}=${value}`
    if (key.includes('=') || !MEMBER.test(member)) return this
    return new Members([member, ...without(this.#members, key)].slice(0, MAX_TRACE_STATE_MEMBERS))
  }

  unset(key: string): TraceState {
    return new Members(without(this.#members, key))
  }

  serialize(): string {
    return (this.#text ??= this.#members.join())
  }
}

function find(members: readonly string[], key: string): number {
  return members.findIndex((member) => member.startsWith(key))
}

function without(members: readonly string[], key: string): readonly string[] {
  return members.filter((member) => !member.startsWith(`${key}=`))
}
