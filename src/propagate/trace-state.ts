// In: the text of the combined tracestate headers. Out: an immutable list of members, newest on the left.
// Must stay true: what is kept is grammatical and at most 32 members long; a list of ours names no key twice.
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

/** Characters of a key, and of a value (section 3.3.1.2 and 3.3.1.3). */
const MAX_PART = 256

// Members without white space around them: what most lists are, and what the others are made into.
const LIST =
  /^[a-z0-9][a-z0-9_\-*/@]*=[ -+\--<>-~]*[!-+\--<>-~](?:,[a-z0-9][a-z0-9_\-*/@]*=[ -+\--<>-~]*[!-+\--<>-~]){0,31}$/

/**
 * Reads a combined tracestate; nothing when no member is left. One bad member, a thirty-third one or an over-long text
 * discards the whole. Members that repeat a key, which nobody should send, are handed on as they came until the key is
 * set or unset; the left-most is the newest, and what `get` answers.
 */
export function parseTraceState(text: string): TraceState | undefined {
  if (text === '' || text.length > MAX_TRACE_STATE_LENGTH) return undefined
  if (!LIST.test(text)) {
    text = text.split(',').map(trimmed).filter(Boolean).join()
    if (!LIST.test(text)) return undefined
  }
  // A short text has no room for a long part.
  return text.length <= MAX_PART || text.split(',').every(fits) ? new Members(text) : undefined
}

function fits(member: string): boolean {
  const at = member.indexOf('=')
  return at <= MAX_PART && member.length - at - 1 <= MAX_PART
}

/** An empty list, to set the first member of. */
export function emptyTraceState(): TraceState {
  return new Members('')
}

class Members implements TraceState {
  /** Grammatical. Most lists are only passed on, so they are taken apart when somebody looks into them. */
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get(key: string): string | undefined {
    return this.#split()
      .find((member) => member.startsWith(`${key}=`))
      ?.slice(key.length + 1)
  }

  set(key: string, value: string): TraceState {
    const member = `${key}=${value}`
    if (key.includes('=') || member.includes(',') || !LIST.test(member) || !fits(member)) return this
    return new Members([member, ...this.#without(key)].slice(0, MAX_TRACE_STATE_MEMBERS).join())
  }

  unset(key: string): TraceState {
    return new Members(this.#without(key).join())
  }

  serialize(): string {
    return this.#text
  }

  #split(): readonly string[] {
    return this.#text === '' ? [] : this.#text.split(',')
  }

  #without(key: string): readonly string[] {
    return this.#split().filter((member) => !member.startsWith(`${key}=`))
  }
}
