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
  if (!text.includes(',')) {
    const only = trimmed(text)
    return MEMBER.test(only) ? new Members([only]) : undefined
  }
  const members: string[] = []
  let count = 0
  for (const part of text.split(',')) {
    const member = trimmed(part)
    if (member === '') continue
    if (!MEMBER.test(member) || ++count > MAX_TRACE_STATE_MEMBERS) return undefined
    if (find(members, keyOf(member)) < 0) members.push(member)
  }
  return count > 0 ? new Members(members) : undefined
}

/** An empty list, to set the first member of. */
export function emptyTraceState(): TraceState {
  return new Members([])
}

class Members implements TraceState {
  readonly #members: readonly string[]

  constructor(members: readonly string[]) {
    this.#members = members
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
    return this.#members.join()
  }
}

/** With its `=`. */
function keyOf(member: string): string {
  return member.slice(0, member.indexOf('=') + 1)
}

function find(members: readonly string[], key: string): number {
  return members.findIndex((member) => member.startsWith(key))
}

function without(members: readonly string[], key: string): readonly string[] {
  return members.filter((member) => !member.startsWith(`${key}=`))
}
