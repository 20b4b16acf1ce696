// In: a running example and its backend. Out: every scenario played, its waterfall printed, its spans checked.
// Must stay true: waits for what arrives, never for a fixed time; says of every scenario what is missing.
import type { TraceView } from '../../viewer/src/model.ts'
import { textWaterfall } from '../../viewer/src/terminal.ts'
import type { Viewer } from '../../viewer/src/viewer.ts'
import { type Outcome, type Scenario, scenarios } from './scenarios.ts'
import { complaints } from './verify.ts'

/** The services export when a request ends, and a trace shows half a second later; two cores may be busy otherwise. */
const ARRIVAL_MS = 20_000

/** What one request came to: one of these. */
interface Answer {
  readonly traceId: string
  readonly outcomes: readonly Outcome[]
}

/** Returns what was wrong, one sentence each; empty when all is as it should be. */
export async function play(gateway: string, viewer: Viewer, print: (text: string) => void): Promise<string[]> {
  const wrong: string[] = []
  const known = new Set<string>()
  for (const scenario of scenarios) {
    print(`\n${`── ${scenario.name}: ${scenario.about} `.padEnd(100, '─')}\n`)
    const calls = await Promise.allSettled(Array.from({ length: scenario.requests }, () => call(gateway, scenario)))
    const answers = calls.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    const found = calls.flatMap((each) => (each.status === 'rejected' ? String(each.reason.message) : []))
    found.push(...(await arrival(viewer, answers)))

    const traces = answers.flatMap(({ traceId }) => viewer.trace(traceId) ?? [])
    const slowest = traces.toSorted((a, b) => b.duration - a.duration)[0]
    if (slowest) print(`${textWaterfall(slowest)}\n`)
    const sentences = counted(found)
    print(found.length ? sentences.map((each) => `✗ ${each}`).join('\n') : `✓ ${summary(traces)}`)
    wrong.push(...sentences.map((each) => `${scenario.name}: ${each}`))
    for (const { traceId } of answers) known.add(traceId)
  }
  const strays = viewer.traces(1000).filter(({ traceId }) => !known.has(traceId))
  if (strays.length > 0) {
    const services = new Set(strays.flatMap(({ spans }) => spans.map(({ service }) => service)))
    const example = `${strays[0]!.traceId} of ${[...services].join(', ')}`
    wrong.push(`spans arrived in ${strays.length} traces that no request began, such as ${example}`)
  }
  return wrong
}

async function call(gateway: string, { name, outcomes }: Scenario): Promise<Answer> {
  const response = await fetch(`${gateway}/checkout/${name}`, { signal: AbortSignal.timeout(ARRIVAL_MS) })
  const body = await response.text()
  const possible = outcomes.filter(({ status }) => status === response.status)
  const traceId = response.headers.get('x-trace-id')
  if (!possible.length || !traceId) throw new Error(`the gateway answered ${response.status}: ${body.slice(0, 200)}`)
  return { traceId, outcomes: possible }
}

/** Resolves when every trace is what it should be, or with what is wrong when it is too late. */
async function arrival(viewer: Viewer, answers: readonly Answer[]): Promise<string[]> {
  const waiting = new Map(answers.map(({ traceId, outcomes }) => [traceId, outcomes]))
  if (waiting.size < answers.length) return [`${answers.length} requests, and only ${waiting.size} traces`]
  const done = Promise.withResolvers<void>()
  const timer = setTimeout(done.resolve, ARRIVAL_MS)
  const check = (trace: TraceView | undefined): void => {
    const outcomes = trace && waiting.get(trace.traceId)
    if (outcomes?.some(({ tree }) => complaints(tree, trace).length === 0)) waiting.delete(trace!.traceId)
    if (waiting.size === 0) done.resolve()
  }
  const stopListening = viewer.onTrace(check)
  // What came to rest before anybody listened.
  for (const traceId of [...waiting.keys()]) check(viewer.trace(traceId))
  await done.promise
  clearTimeout(timer)
  stopListening()
  return [...waiting].flatMap(([traceId, outcomes]) => complaints(outcomes[0]!.tree, viewer.trace(traceId)))
}

/** The same sentence once, with how often it was said. */
function counted(sentences: readonly string[]): string[] {
  const times = new Map<string, number>()
  for (const each of sentences) times.set(each, (times.get(each) ?? 0) + 1)
  return [...times].map(([sentence, count]) => (count > 1 ? `${sentence} (${count} times)` : sentence))
}

function summary(traces: readonly TraceView[]): string {
  const spans = traces.reduce((sum, trace) => sum + trace.spans.length, 0)
  const services = new Set(traces.flatMap((trace) => trace.spans.map(({ service }) => service)))
  const whole = traces.length === 1 ? 'one trace' : `${traces.length} whole traces (above: the slowest)`
  return `${whole}, ${spans} spans of ${services.size} services, every one under the right parent`
}
