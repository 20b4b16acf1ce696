// In: a batch and what the host still allows. Out: a value that says what became of it.
// Must stay true: an exporter never throws, never rejects and always settles within the budget.
import type { Batch, DropReason } from './model.ts'

/** What an exporter may use of the host, captured before anything was wrapped. */
export interface ExportHost {
  /** The host's own fetch: never traced. */
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Uniform in [0, 1): jitter. */
  readonly random: () => number
  /** Milliseconds the host still leaves for this export, retries included. */
  readonly budgetMs: number
  /** True: calls that an invocation leaves behind end with it, so that nobody has to call them off. Default false. */
  readonly endsCalls?: boolean
}

/**
 * `ok`: the batch was acknowledged, less the spans the receiver rejected. Otherwise `unsent` did not arrive (all of the
 * batch where it is absent), for the given reason. What to count and what to carry over: `outstanding()` in drops.ts.
 */
export type ExportResult =
  | { readonly ok: true; readonly rejected?: number; readonly message?: string }
  | {
      readonly ok: false
      readonly reason: DropReason
      readonly message: string
      readonly unsent?: Batch
      readonly rejected?: number
    }

/** Sends batches (OpenTelemetry specification, "SpanExporter"). One call an invocation, more when it runs long. */
export interface Exporter {
  /** True: it keeps the budget with a timer of its own, so that the invocation sets none (24 µs in a Worker). Default false. */
  readonly isTimely?: boolean
  export(batch: Batch, host: ExportHost): Promise<ExportResult>
}
