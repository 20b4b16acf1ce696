// In: a batch. Out: the bytes of an OTLP request, and what the receiver's answer to it means.
// Must stay true: pure and synchronous; the two encoders say the same in different bytes.
import type { Batch } from './model.ts'

/** What a receiver said in a 200 (OTLP 1.11, "Partial Success"). */
export interface PartialSuccess {
  /** Spans or log records it did not take. */
  readonly rejected: number
  /** Empty when it had nothing to say. */
  readonly message: string
}

/** One encoding of OTLP: `json()` or `protobuf()`. */
export interface Encoder {
  /** Of the request, and of the answer a receiver gives to it. */
  readonly contentType: string
  /** An `ExportTraceServiceRequest` with the batch's spans. */
  traces(batch: Batch): string | Uint8Array<ArrayBuffer>
  /** An `ExportLogsServiceRequest` with the batch's log records. */
  logs(batch: Batch): string | Uint8Array<ArrayBuffer>
  /** Reads an `ExportTraceServiceResponse` or `ExportLogsServiceResponse`. May throw on what is neither. */
  answer(body: Uint8Array): PartialSuccess
}
