// In: the document. Out: the trace that it carries, when it is a trace shared as a file.
import type { TraceView } from '../model.ts'

let read = false
let trace: TraceView | undefined

export const embeddedTrace = (): TraceView | undefined => {
  if (!read) {
    read = true
    const text = document.getElementById('clew-trace')?.textContent
    if (text) trace = JSON.parse(text) as TraceView
  }
  return trace
}
