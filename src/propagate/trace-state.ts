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

// Members without white space around them: what most lists are, and what the others are made into.
const LIST =
  /^[a-z0-9][a-z0-9_\-*/@]*=[ -+\--<>-~]*[!-+\--<>-~](?:,[a-z0-9][a-z0-9_\-*/@]*=[ -+\--<>-~]*[!-+\--<>-~]){0,31}$/
// A key and a value have at most 256 characters (section 3.3.1.2 and 3.3.1.3). In LIST, counting would double the time.
const TOO_LONG = /(?:^|[,=])[^,=]{257}/
const isList = (text: string): boolean => LIST.test(text) && !(text.length > 256 && TOO_LONG.test(text))

/**
 * Reads a combined tracestate; nothing when no member is left. One bad member, a thirty-third one or an over-long text
 * discards the whole. Members that repeat a key, which nobody should send, are handed on as they came until the key is
 * set or unset; the left-most is the newest, and what `get` answers.
 */
export function parseTraceState(text: string): TraceState | undefined {
  if (text.length > MAX_TRACE_STATE_LENGTH) return undefined
  if (!isList(text)) text = text.split(',').map(trimmed).filter(Boolean).join()
  return isList(text) ? new Members(text) : undefined
}

/** An empty list, to set the first member of. */
export function emptyTraceState(): TraceState {
  return new Members('')
}

/** A list's text without the members of these keys. */
export function without(list: string, ...keys: readonly string[]): string {
  return list
    .split(',')
    .filter((member) => !keys.includes(member.split('=', 1)[0]!))
    .join()
}

class Members implements TraceState {
  /** Grammatical. Most lists are only passed on, so they are taken apart when somebody looks into them. */
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get(key: string): string | undefined {
    return this.#text
      .split(',')
      .map((member) => member.split('='))
      .find(([name]) => name === key)?.[1]
  }

  set(key: string, value: string): TraceState {
    const member = `${key}=${value}`
    if (member.includes(',') || !isList(member)) return this
    const rest = without(this.#text, key)
    return new Members(rest ? `${member},${rest}`.split(',', MAX_TRACE_STATE_MEMBERS).join() : member)
  }

  unset(key: string): TraceState {
    return new Members(without(this.#text, key))
  }

  serialize(): string {
    return this.#text
  }
}
