// In: a request that `json()` encoded some time ago, somewhere else. Out: what a receiver made of it now.
// Must stay true: sent as it is; what is not ours is not sent.
import type { ExportHost } from './exporter.ts'
import { jsonRequest } from './json.ts'
import type { Reply } from './post.ts'
import type { Receiver } from './receiver.ts'

/** Milliseconds for one request of a Worker that does nothing else. */
const BUDGET_MS = 15_000

/** The host as it is, for Workers that only forward and so have nothing to trace. */
export const liveHost = (): ExportHost => ({
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  random: () => Math.random(),
  budgetMs: BUDGET_MS,
})

/** Whether `line` is a request as `json()` writes it. */
export const isRequest = (line: unknown): line is string =>
  typeof line === 'string' && /^\{"resource(Spans|Logs)":\[/.test(line)

export async function forward(open: Receiver, line: unknown, host: ExportHost): Promise<Reply> {
  if (!isRequest(line)) return { ok: false, reason: 'encoding', message: 'no OTLP/JSON', alive: true }
  const signal = line.startsWith('{"resourceLogs"') ? 'logs' : 'traces'
  return open(host, 'clew-forward', jsonRequest)(line, signal)
}
