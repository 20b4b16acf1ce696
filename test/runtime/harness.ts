// In: options for one invocation. Out: a tracer whose clock, ids, randomness and exporter are the test's.
// Must stay true: nothing but clock, randomness and fetch is replaced; whole traces are compared as text.
import {
  createTracer,
  type InvocationStart,
  memoryExporter,
  type Span,
  type SpanRecord,
  type TracerOptions,
} from 'clew'

/** Random bytes that count: 1, 2, 3, … so that ids are readable and never repeat. */
export function countingBytes(): (bytes: Uint8Array) => void {
  let count = 0
  return (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (let at = 0; at + 8 <= bytes.length; at += 8) view.setBigUint64(at, BigInt(++count))
  }
}

/** A clock that stands still until it is told to go on. */
export function manualClock(startMs = 1_800_000_000_000) {
  let ms = startMs
  return { now: () => ms, advance: (by: number) => (ms += by), startMs }
}

export interface Bench {
  readonly exporter: ReturnType<typeof memoryExporter>
  readonly clock: ReturnType<typeof manualClock>
  /** Failures of clew's own, as reported. */
  readonly errors: unknown[]
  readonly drops: [reason: string, count: number][]
  /** Promises given to the host. */
  readonly kept: Promise<unknown>[]
  /** Runs one invocation named `root`. */
  run<R>(handle: (span: Span<unknown>) => R, start?: Partial<InvocationStart<unknown>>): R
  /** Settles when everything the host was given has settled. */
  idle(): Promise<void>
}

export function bench(options: Partial<TracerOptions> = {}): Bench {
  const exporter = memoryExporter()
  const clock = manualClock()
  const errors: unknown[] = []
  const drops: [string, number][] = []
  const kept: Promise<unknown>[] = []
  const tracer = createTracer({
    service: 'test',
    exporter,
    now: clock.now,
    randomBytes: countingBytes(),
    random: () => 0.5,
    onError: (error) => errors.push(error),
    onDrop: (reason, count) => drops.push([reason, count]),
    ...options,
  })
  return {
    exporter,
    clock,
    errors,
    drops,
    kept,
    run: (handle, start) =>
      tracer.invoke(
        { name: 'root', env: {}, keepAlive: (promise) => void kept.push(promise.catch(() => {})), ...start },
        handle,
      ),
    async idle() {
      for (let seen = 0; seen < kept.length; ) {
        seen = kept.length
        await Promise.all(kept)
      }
    },
  }
}

/** A trace as an indented tree: name, `[start+duration]` in ms from the first span, attributes, events, status. */
export function tree(spans: readonly SpanRecord[], attributes: readonly string[] = []): string {
  const first = Math.min(...spans.map((span) => span.startMs))
  const ids = new Set(spans.map((span) => span.spanId))
  const lines: string[] = []
  const visit = (span: SpanRecord, depth: number): void => {
    const shown = attributes
      .filter((key) => span.attributes[key] !== undefined)
      .map((key) => ` ${key}=${String(span.attributes[key])}`)
    const events = span.events.map((event) => ` (${event.name})`)
    const status = ['', ' OK', ` ERROR ${span.statusMessage}`.trimEnd()][span.statusCode]
    lines.push(
      `${'  '.repeat(depth)}${span.name} [${span.startMs - first}+${span.endMs - span.startMs}]${shown.join('')}${events.join('')}${status}`,
    )
    for (const child of spans) if (child.parentSpanId === span.spanId) visit(child, depth + 1)
  }
  for (const span of spans) if (!ids.has(span.parentSpanId)) visit(span, 0)
  return lines.join('\n')
}
