// In: options as for a tracer. Out: a tracer whose clock, ids and chance are the test's, and all that it exported.
// Must stay true: nothing but clock, randomness and exporter is replaced: what is tested is what runs.
import { type MemoryExporter, memoryExporter } from '../../flush/memory.ts'
import type { Batch, LogRecord, SpanRecord } from '../../flush/model.ts'
import type { Handle, InvocationStart } from '../invocation-start.ts'
import type { TracerOptions } from '../options.ts'
import { createTracer, type Tracer } from '../tracer.ts'
import { countingBytes, type ManualClock, manualClock } from './deterministic.ts'

export interface Recorder {
  /** For a tracer of your own: `createTracer({ ...yours, ...recorder.options })`. */
  readonly options: Pick<TracerOptions, 'exporter' | 'now' | 'randomBytes' | 'random' | 'onError' | 'onDrop'>
  readonly tracer: Tracer
  readonly clock: ManualClock
  readonly exporter: MemoryExporter
  /** What was exported, in order. */
  readonly batches: readonly Batch[]
  readonly spans: readonly SpanRecord[]
  readonly logs: readonly LogRecord[]
  /** Failures of clew's own, as reported. */
  readonly errors: unknown[]
  /** What did not leave, and why. */
  readonly drops: [reason: string, count: number][]
  /** Promises given to the host. */
  readonly kept: Promise<unknown>[]
  /** Runs one invocation, named `root` unless `start` says otherwise. */
  run<R>(handle: Handle<unknown, R>, start?: Partial<InvocationStart<unknown>>): R
  /** Settles when everything that the host was given by `run` has settled. */
  idle(): Promise<void>
}

/** Records what is traced. `options` are those of `createTracer`, every one optional. */
export function recorder(options: Partial<TracerOptions> = {}): Recorder {
  const exporter = memoryExporter()
  const clock = manualClock()
  const errors: unknown[] = []
  const drops: [string, number][] = []
  const kept: Promise<unknown>[] = []
  const own: Recorder['options'] = {
    exporter,
    now: clock.now,
    randomBytes: countingBytes(),
    random: () => 0.5,
    onError: (error) => errors.push(error),
    onDrop: (reason, count) => drops.push([reason, count]),
  }
  const tracer = createTracer({ service: 'test', ...own, ...options })
  return {
    options: own,
    tracer,
    clock,
    exporter,
    errors,
    drops,
    kept,
    get batches() {
      return exporter.batches
    },
    get spans() {
      return exporter.spans
    },
    get logs() {
      return exporter.batches.flatMap(({ logs }) => logs)
    },
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
