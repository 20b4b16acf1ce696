// In: whatever was thrown. Out: its type, message and stack as attributes (OpenTelemetry semantic conventions, exceptions).
// Must stay true: a hostile error (getters that throw, a cause that is itself) costs its own description at most.
import type { Attributes } from '../flush/model.ts'

/** How many causes are followed: deeper chains are wrappers around wrappers, and a cycle must end. */
const MAX_CAUSES = 8

export interface ExceptionDescription {
  readonly type: string
  readonly message: string
  readonly attributes: Attributes
}

export function describeException(thrown: unknown): ExceptionDescription {
  try {
    const type = typeOf(thrown)
    const message = messageOf(thrown)
    const attributes: Record<string, string> = { 'exception.type': type, 'exception.message': message }
    const stack = stackOf(thrown)
    if (stack) attributes['exception.stacktrace'] = stack
    return { type, message, attributes }
  } catch {
    // Its own getters threw: that is all that can be said of it, and it is said.
    return { type: 'unknown', message: '', attributes: { 'exception.type': 'unknown' } }
  }
}

function typeOf(thrown: unknown): string {
  if (!isObject(thrown)) return typeof thrown
  const name = thrown['name']
  return typeof name === 'string' && name ? name : (thrown.constructor?.name ?? 'Object')
}

function messageOf(thrown: unknown): string {
  if (!isObject(thrown)) return String(thrown)
  return typeof thrown['message'] === 'string' ? thrown['message'] : ''
}

/** The stack with its causes, as Node prints them and Java taught everybody to read them. */
function stackOf(thrown: unknown): string {
  let text = ''
  for (let depth = 0; isObject(thrown) && depth <= MAX_CAUSES; depth++) {
    const stack = thrown['stack']
    if (typeof stack === 'string') text += (text && '\nCaused by: ') + stack
    else if (text) text += `\nCaused by: ${typeOf(thrown)}: ${messageOf(thrown)}`
    thrown = thrown['cause']
  }
  return thrown === undefined || isObject(thrown) || !text ? text : `${text}\nCaused by: ${String(thrown)}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
