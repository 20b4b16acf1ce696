// In: whatever was thrown. Out: its type, message and stack as attributes (semantic conventions 1.44, exceptions).
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
    const { name, message, stack } = thrown as Partial<Error>
    const isObject = typeof thrown === 'object'
    const type = isObject ? String(name || (thrown as object).constructor.name) : typeof thrown
    const text = isObject ? String(message ?? '') : String(thrown)
    const attributes: Record<string, string> = { 'exception.type': type, 'exception.message': text }
    if (stack) attributes['exception.stacktrace'] = stack + causes(thrown as Error)
    return { type, message: text, attributes }
  } catch {
    // null, undefined, or an object whose own getters throw: that is all that can be said of it, and it is said.
    return { type: typeof thrown, message: '', attributes: { 'exception.type': typeof thrown } }
  }
}

/** What caused it, as Node prints it and Java taught everybody to read it. */
function causes({ cause }: Error): string {
  let text = ''
  for (let depth = 0; cause !== undefined && depth < MAX_CAUSES; depth++) {
    text += `\nCaused by: ${(cause as Partial<Error> | null)?.stack ?? cause}`
    cause = (cause as Partial<Error> | null)?.cause
  }
  return text
}
