// In: a batch. Out: its waterfall on the console, for people.
// Must stay true: the text is not a format; programs read `stdoutExporter()`.
import type { Exporter } from './exporter.ts'
import { waterfall } from './waterfall.ts'

export interface ConsoleExporterOptions {
  /** Cells a line. Default 100. */
  readonly columns?: number
  /** Default `console.log`. */
  readonly print?: (text: string) => void
}

/** Prints each batch as a waterfall (OpenTelemetry specification, "Standard output exporter"). */
export function consoleExporter(options: ConsoleExporterOptions = {}): Exporter {
  const { columns = 100, print = (text) => console.log(text) } = options
  return {
    async export({ resource, spans }) {
      try {
        const service = resource.attributes['service.name']
        print(waterfall(spans, { columns, ...(typeof service === 'string' && { service }) }))
        return { ok: true }
      } catch (error) {
        return { ok: false, reason: 'encoding', message: String(error) }
      }
    },
  }
}
