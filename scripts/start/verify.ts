// In: a trace, and the tree that it should be. Out: what is missing, what is too much, in sentences.
// Must stay true: a trace without a complaint has exactly the spans of the tree, each under the right parent.
import type { SpanView, TraceView } from '../../viewer/src/model.ts'

/** Ends the line of a span that says it failed. */
const FAILED = ' ✗'

/** A span as a line of an expected tree. */
function lineOf({ service, kind, name, status, attributes }: SpanView): string {
  const callee = kind === 'client' ? attributes['server.address'] : undefined
  return [service, kind, name, ...(callee ? ['→', callee] : [])].join(' ') + (status === 'error' ? FAILED : '')
}

/** Compares every span, with all that stands above it, with every line of the tree, with all that stands above it. */
export function complaints(tree: string, trace: TraceView | undefined): string[] {
  if (!trace) return ['no span arrived']
  const found: string[] = []
  const arrived = trace.spans.map((span) => pathTo(span, trace))
  for (const path of pathsOf(tree)) {
    const at = arrived.indexOf(path)
    if (at < 0) found.push(`missing: ${told(path)}`)
    else arrived.splice(at, 1)
  }
  for (const path of arrived) found.push(`not expected: ${told(path)}`)
  for (const span of trace.spans) if (span.unfinished) found.push(`unfinished: "${lineOf(span)}"`)
  return found
}

/** Joins the lines from the root to a span. */
const STEP = '\n'

function pathsOf(tree: string): string[] {
  const above: string[] = []
  return tree.split('\n').flatMap((line) => {
    const own = line.trim()
    if (!own) return []
    above.length = (line.length - line.trimStart().length) / 2
    const path = [...above, own].join(STEP)
    above.push(unfailed(own))
    return path
  })
}

function pathTo(span: SpanView, { spans }: TraceView): string {
  const path = [lineOf(span)]
  for (let at = span; at.parentSpanId && path.length <= spans.length; ) {
    const parent = spans.find(({ spanId }) => spanId === at.parentSpanId)
    path.unshift(parent ? unfailed(lineOf(parent)) : `span ${at.parentSpanId}, which never arrived`)
    if (!parent) break
    at = parent
  }
  return path.join(STEP)
}

/** Whether a span failed is its own affair, and not where those below it belong. */
const unfailed = (line: string): string => (line.endsWith(FAILED) ? line.slice(0, -FAILED.length) : line)

function told(path: string): string {
  const [line, parent] = path.split(STEP).reverse()
  return parent ? `"${line}" under "${parent}"` : `"${line}" as the root`
}
