// In: a batch. Out: lines of OTLP/JSON on the console, for log pipelines and tail Workers.
// Must stay true: one request a line, as in the OpenTelemetry specification, "OTLP File Exporter"; see tail.ts.
import type { Exporter } from './exporter.ts'
import { json } from './json.ts'
import { storeParts } from './parts.ts'

export interface StdoutExporterOptions {
  /** Bytes a line; a longer one is split. Default 100,000: what a tail Worker gets of an invocation ends at 128 kB. */
  readonly maxLineBytes?: number
  /** Default `console.log`. */
  readonly print?: (line: string) => void
}

/** Writes OTLP/JSON to the console, a line for each request that `otlp()` would send. */
export function stdoutExporter(options: StdoutExporterOptions = {}): Exporter {
  const { maxLineBytes = 100_000, print = (line) => console.log(line) } = options
  const encoder = json()
  return {
    export: (batch, host) => storeParts(batch, host, encoder, maxLineBytes, (line) => print(asText(line))),
  }
}

/** What `split` has measured comes as bytes. */
export const asText = (body: string | Uint8Array): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body)
