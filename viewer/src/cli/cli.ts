// In: the command line. Out: lines for people, or OTLP/JSON for programs; an exit code.
// Must stay true: exits 0 when something was found or served, 1 when nothing was found, 2 when asked wrongly or in vain.
import { findingsOf } from '../analysis/findings.ts'
import { formatCount, formatDuration } from '../analysis/format.ts'
import type { TraceSummary, TraceView } from '../model.ts'
import { otlpTrace } from '../server/export.ts'
import type { SearchResult } from '../store/search.ts'
import { textWaterfall } from '../terminal.ts'
import { startViewer } from '../viewer.ts'
import { type Command, commandOf, USAGE, UsageError } from './arguments.ts'

/** Where text goes, and word that the person wants to stop. Replaced in tests. */
export interface Terminal {
  readonly print: (text: string) => void
  readonly complain: (text: string) => void
  readonly columns: number
  /** Aborted by Ctrl-C. */
  readonly stop: AbortSignal
}

const get = async (url: string, stop: AbortSignal): Promise<Response> => {
  let response: Response
  try {
    response = await fetch(url, { signal: stop })
  } catch (error) {
    if (stop.aborted) throw error
    throw new UsageError(`nothing answers at ${new URL(url).origin}; start it with: npx clew-viewer`)
  }
  if (response.ok || response.status === 404) return response
  const { error, at } = (await response.json()) as { error: string; at?: number }
  throw new UsageError(at === undefined ? error : `${error} (at character ${at + 1} of the query)`)
}

const show = (trace: TraceView, json: boolean, { print, columns }: Terminal): void => {
  print(json ? JSON.stringify(otlpTrace(trace)) : `${textWaterfall(trace, columns)}\n`)
}

const line = ({ startMs, duration, status, errors, spans, service, name, note, traceId }: TraceSummary): string => {
  const outcome = status === 'error' ? '✗ failed' : errors > 0 ? `▲ ${errors} inside` : 'ok'
  const when = new Date(startMs).toISOString().slice(11, 23)
  return [
    when,
    formatDuration(duration).padStart(9),
    outcome.padEnd(10),
    traceId,
    `${formatCount(spans).padStart(5)} spans`,
    `${service} ${name} ${note}`.trimEnd(),
  ]
    .join('  ')
    .replace(/\p{Cc}/gu, '·')
}

const query = async (command: Extract<Command, { does: 'query' }>, terminal: Terminal): Promise<number> => {
  const parameters = new URLSearchParams({ q: command.query, limit: String(command.limit), order: command.order })
  const response = await get(`${command.url}/api/search?${parameters}`, terminal.stop)
  const { traces, matched, widened } = (await response.json()) as SearchResult
  if (!command.json && widened)
    terminal.complain('no one span meets all of this; these traces meet it with different spans')
  for (const summary of traces) {
    if (!command.json) terminal.print(line(summary))
    else {
      const found = await get(`${command.url}/api/traces/${summary.traceId}`, terminal.stop)
      if (found.ok) show((await found.json()) as TraceView, true, terminal)
    }
  }
  if (!command.json && matched > traces.length) terminal.complain(`${matched} match; --limit shows more`)
  return matched > 0 ? 0 : 1
}

const follow = async (command: Extract<Command, { does: 'query' }>, terminal: Terminal): Promise<number> => {
  const response = await get(`${command.url}/api/follow?${new URLSearchParams({ q: command.query })}`, terminal.stop)
  let pending = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    pending += decoder.decode(chunk, { stream: true })
    const events = pending.split('\n\n')
    pending = events.pop() ?? ''
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (/^event: trace$/m.test(event) && data) show(JSON.parse(data) as TraceView, command.json, terminal)
    }
  }
  return 0
}

const trace = async (command: Extract<Command, { does: 'trace' }>, terminal: Terminal): Promise<number> => {
  const response = await get(`${command.url}/api/traces/${command.traceId}`, terminal.stop)
  if (response.status === 404) {
    terminal.complain(`the viewer has no trace ${command.traceId}`)
    return 1
  }
  const found = (await response.json()) as TraceView
  show(found, command.json, terminal)
  if (!command.json) for (const { title, detail } of findingsOf(found)) terminal.print(`• ${title}\n  ${detail}`)
  return 0
}

const serve = async (command: Extract<Command, { does: 'serve' }>, terminal: Terminal): Promise<number> => {
  const viewer = await startViewer(command.options).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    throw new UsageError(
      `port ${command.options.port} is taken, perhaps by another viewer; give --port, or ask that one with: clew-viewer query ''`,
    )
  })
  const say = command.json ? terminal.complain : terminal.print
  say(`clew-viewer  ${viewer.url}\n\n  OTEL_EXPORTER_OTLP_ENDPOINT=${viewer.url}\n`)
  if (command.follow) viewer.onTrace((arrived) => show(arrived, command.json, terminal))
  await new Promise<void>((resolve) => {
    if (terminal.stop.aborted) resolve()
    terminal.stop.addEventListener('abort', () => resolve(), { once: true })
  })
  await viewer.close()
  return 0
}

/** Runs one command line; resolves to its exit code. */
export const run = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  try {
    const command = commandOf(words)
    switch (command.does) {
      case 'help':
        terminal.print(USAGE)
        return 0
      case 'serve':
        return await serve(command, terminal)
      case 'query':
        return await (command.follow ? follow : query)(command, terminal)
      case 'trace':
        return await trace(command, terminal)
    }
  } catch (error) {
    if (terminal.stop.aborted) return 0
    terminal.complain(
      error instanceof UsageError ? `clew-viewer: ${error.message}` : `clew-viewer: ${(error as Error).stack}`,
    )
    return 2
  }
}

/** The process as a terminal. */
export const main = async (): Promise<void> => {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  // A reader that closes early, such as `head`, is no failure.
  process.stdout.on('error', () => stop.abort())
  process.exitCode = await run(process.argv.slice(2), {
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${text}\n`),
    columns: process.stdout.columns ?? 100,
    stop: stop.signal,
  })
}
