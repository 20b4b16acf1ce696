// In: a mode of flushing, and how slow the collector is. Out: how much later than without a tracer the response is there, and how
// much later the function is ready for its next event, under the real runtime interface client.
// Must stay true: it measures and asserts nothing; the medians are of one process a mode, warm, one event after the other.
// `node test/lambda/latency.ts [--json] [--events=40] [--collector-ms=50]`
import { parseArgs } from 'node:util'
import { Collector } from '../collector.ts'
import { NOT_INSTALLED } from '../runtimes/installed.ts'
import { LambdaFunction, now, RIC } from './runtime-api.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    events: { type: 'string', default: '40' },
    'collector-ms': { type: 'string', default: '50' },
  },
})
const events = Number(values.events)
const collectorMs = Number(values['collector-ms'])

interface Times {
  /** Milliseconds from the event to the last byte of the response. */
  readonly responseMs: number
  /** Milliseconds from the event until the environment could be frozen: what is billed. */
  readonly busyMs: number
}

/** Events that are not counted: the first ones compile what they run. */
const WARM_UP = 5

async function measure(collector: Collector, mode: string, isStreaming: boolean): Promise<Times> {
  const entry = new URL('handlers/latency.ts', import.meta.url).pathname
  const define = { OTLP_URL: collector.url, MODE: mode, STREAMING: isStreaming }
  const lambda = await LambdaFunction.start(entry, { define })
  const times: Times[] = []
  try {
    await lambda.frozen()
    for (let count = -WARM_UP; count < events; count++) {
      const startMs = now()
      const { arrivals, isError, body } = await lambda.invoke({})
      if (isError) throw new Error(`${mode}: ${JSON.stringify(body)}`)
      await lambda.frozen()
      if (count >= 0) times.push({ responseMs: arrivals.at(-1)! - startMs, busyMs: now() - startMs })
    }
  } finally {
    await lambda.stop()
  }
  return { responseMs: median(times.map((one) => one.responseMs)), busyMs: median(times.map((one) => one.busyMs)) }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!
}

const round = (ms: number): number => Math.round(ms * 100) / 100

/** As docs/lambda.md names them. */
const MODES = [
  { name: 'before the response', mode: 'before', isStreaming: false },
  { name: 'after the response, with an extension', mode: 'extension', isStreaming: false },
  { name: 'by logs', mode: 'stdout', isStreaming: false },
  { name: "after the stream's end", mode: 'before', isStreaming: true },
  { name: "after the stream's end, with an extension", mode: 'extension', isStreaming: true },
]

if (!RIC) throw new Error(`aws-lambda-ric is ${NOT_INSTALLED}`)
const collector = await Collector.start()
collector.decide(() => ({ kind: 'delay', ms: collectorMs }))
try {
  const plain = [await measure(collector, 'none', false), await measure(collector, 'none', true)]
  const modes = []
  for (const { name, mode, isStreaming } of MODES) {
    const { responseMs, busyMs } = await measure(collector, mode, isStreaming)
    const without = plain[Number(isStreaming)]!
    modes.push({
      mode: name,
      responseMs: round(responseMs),
      addedResponseMs: round(responseMs - without.responseMs),
      addedBusyMs: round(busyMs - without.busyMs),
    })
    collector.requests.length = 0
  }
  if (values.json) console.log(JSON.stringify({ events, collectorMs, modes }))
  else {
    console.log(`a collector that answers after ${collectorMs} ms, medians of ${events} events, milliseconds`)
    console.table(modes)
  }
} finally {
  await collector.close()
}
