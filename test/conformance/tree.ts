// In: spans of one trace. Out: the trace as indented text, errors marked, siblings in the order in which they began.
// Must stay true: the exporter's order is that of the starts: clocks of milliseconds cannot tell it.
import type { DecodedSpan } from '../otlp-decode.ts'

/** The subtree under `under`; default: under everything whose parent is not among the spans. Cold starts are left out. */
export function tree(spans: readonly DecodedSpan[], under?: string): string {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const shown = spans.filter(({ name }) => name !== 'init')
  const lines: string[] = []
  const walk = (children: readonly DecodedSpan[], depth: number): void => {
    for (const span of children) {
      lines.push(`${'  '.repeat(depth)}${span.name}${span.status?.code === 2 ? ' !' : ''}`)
      walk(
        shown.filter(({ parentSpanId }) => parentSpanId === span.spanId),
        depth + 1,
      )
    }
  }
  walk(
    shown.filter(({ parentSpanId = '' }) => (under === undefined ? !ids.has(parentSpanId) : parentSpanId === under)),
    0,
  )
  return lines.join('\n')
}
