// In: nothing. Out: on standard output, what each way of flushing adds to a Lambda function's response, as JSON.
// Must stay true: measured by test/lambda/latency.ts, under the runtime interface client that AWS uses; where that is not
// installed there are no rows, and standard error says how to install it.
//
//   node lambda.ts [--events N]
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

interface Mode {
  readonly mode: string
  readonly addedResponseMs: number
  readonly addedBusyMs: number
}

const { values } = parseArgs({ options: { events: { type: 'string', default: '40' } } })
const script = new URL('../test/lambda/latency.ts', import.meta.url).pathname
const { stdout, stderr } = spawnSync(process.execPath, [script, '--json', `--events=${values.events}`], {
  encoding: 'utf8',
})
const rows: Record<string, Record<string, number>> = {}
try {
  const { modes } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { modes: readonly Mode[] }
  for (const { mode, addedResponseMs, addedBusyMs } of modes)
    rows[`lambda: ${mode}`] = {
      'lambda/added to the response, ms': addedResponseMs,
      'lambda/added to what is billed, ms': addedBusyMs,
    }
} catch {
  console.error(
    `no rows for Lambda: ${
      stderr
        .trim()
        .split('\n')
        .find((line) => /Error/.test(line)) ?? stderr
    }`,
  )
}
console.log(JSON.stringify({ rows }))
