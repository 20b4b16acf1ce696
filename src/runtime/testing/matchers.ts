// In: what a test expects of spans. Out: matchers for Vitest and Jest: `expect.extend(traceMatchers)`.
// Must stay true: a failure shows the whole trace, so that one can see what was there instead.
import type { Attributes, SpanRecord } from '../../flush/model.ts'
import { type TraceTreeOptions, traceTree } from './trace-tree.ts'

/** What `toHaveSpan` wants: of each field only what is given. Values may be asymmetric matchers. */
export interface ExpectedSpan {
  readonly name?: unknown
  /** As numbers: `SpanKind.CLIENT`. */
  readonly kind?: unknown
  readonly status?: 'unset' | 'ok' | 'error'
  readonly statusMessage?: unknown
  readonly attributes?: { readonly [key: string]: unknown }
  /** An event with this name. */
  readonly event?: string
  /** The name of its parent, which must be among the spans. */
  readonly parent?: string
}

/** Spans, or what has them: a recorder, an exporter, a collector. */
export type Spans = readonly SpanRecord[] | { readonly spans: readonly SpanRecord[] }

/** For the declaration of your test runner's matchers: docs/testing.md has the lines. */
export interface TraceMatchers<R = unknown> {
  /** At least one span is like this; a text is its name. */
  toHaveSpan(expected: string | ExpectedSpan): R
  /**
   * The spans are this tree and no other, as `traceTree` writes it. Indentation common to all lines is ignored; times
   * count only where the text has some.
   */
  toMatchTrace(expected: string, options?: TraceTreeOptions): R
}

interface MatcherContext {
  readonly isNot?: boolean
  equals(a: unknown, b: unknown): boolean
}

interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
  readonly actual?: unknown
  readonly expected?: unknown
}

const STATUS = ['unset', 'ok', 'error'] as const

export const traceMatchers: {
  toHaveSpan(this: MatcherContext, received: Spans, expected: string | ExpectedSpan): MatcherResult
  toMatchTrace(this: MatcherContext, received: Spans, expected: string, options?: TraceTreeOptions): MatcherResult
} = {
  toHaveSpan(received, expected) {
    const spans = spansOf(received)
    const wanted = typeof expected === 'string' ? { name: expected } : expected
    const pass = spans.some((span) => isLike(span, wanted, spans, this.equals))
    const keys = Object.keys(wanted.attributes ?? {})
    return {
      pass,
      message: () =>
        `expected ${pass ? 'no' : 'a'} span like ${JSON.stringify(wanted)}, but there ${pass ? 'is one' : 'is none'}:\n\n${traceTree(spans, { attributes: keys, times: false })}`,
    }
  },
  toMatchTrace(received, expected, options = {}) {
    const text = dedent(expected)
    const times = / \[[\d.]+\+[\d.]+\]/.test(text)
    const actual = traceTree(spansOf(received), { times, ...options })
    return {
      pass: actual === text,
      message: () =>
        actual === text
          ? `expected another trace than\n\n${text}`
          : `expected the trace\n\n${text}\n\nbut it is\n\n${actual}`,
      actual,
      expected: text,
    }
  },
}

function isLike(
  span: SpanRecord,
  { status, attributes = {}, event, parent, ...fields }: ExpectedSpan,
  spans: readonly SpanRecord[],
  equals: MatcherContext['equals'],
): boolean {
  const own: Attributes = span.attributes
  return (
    Object.entries(fields).every(([name, value]) => equals(span[name as keyof SpanRecord], value)) &&
    (status === undefined || STATUS[span.statusCode] === status) &&
    Object.entries(attributes).every(([key, value]) => equals(own[key], value)) &&
    (event === undefined || span.events.some(({ name }) => name === event)) &&
    (parent === undefined || spans.some(({ spanId, name }) => spanId === span.parentSpanId && name === parent))
  )
}

const spansOf = (received: Spans): readonly SpanRecord[] => ('spans' in received ? received.spans : received)

function dedent(text: string): string {
  const lines = text
    .replace(/^[ \t]*\n/, '')
    .trimEnd()
    .split('\n')
  const indents = lines.filter((line) => line.trim()).map((line) => /^ */.exec(line)![0].length)
  const common = Math.min(...indents)
  return lines.map((line) => line.slice(common).trimEnd()).join('\n')
}
