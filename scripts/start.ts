// In: flags and environment. Out: the checkout example running under `wrangler dev`, and its traces as waterfalls.
// Must stay true: needs no account and no network; ends with everything it started; exits 1 when anything is missing.
import { startOutside } from '../examples/checkout/outside/server.ts'
import { startViewer } from '../viewer/src/viewer.ts'
import { play } from './start/play.ts'
import { mustBeFree } from './start/ports.ts'
import { scenarios } from './start/scenarios.ts'
import { readSettings, USAGE } from './start/settings.ts'
import { show } from './start/show.ts'
import { startWorkers } from './start/workers.ts'

const print = (text: string): void => console.log(text)
/** What to end, last first. */
const stops: (() => unknown)[] = []

/** Resolves with the name of the signal that asks us to end. */
const asked = new Promise<string>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(signal))
})

try {
  process.exitCode = await run()
} catch (error) {
  console.error(`\n${(error as Error).message}`)
  process.exitCode = 1
} finally {
  for (const stop of stops.reverse()) await stop()
}

async function run(): Promise<number> {
  const { once, ports, help } = readSettings(process.argv.slice(2), process.env)
  if (help) {
    print(USAGE)
    return 0
  }
  await mustBeFree(ports.otlp, 'otlp-port')
  await mustBeFree(ports.outside, 'outside-port')
  await mustBeFree(ports.gateway, 'port')

  const viewer = await startViewer({ port: ports.otlp })
  stops.push(() => viewer.close())
  const outside = await startOutside(ports.outside)
  stops.push(() => outside.close())

  print('Filling the inventory and starting five Workers …')
  const starting = startWorkers(ports.gateway, {
    OTLP_URL: viewer.url,
    PROCESSOR_URL: outside.url,
    MAIL_URL: outside.url,
  })
  stops.push(async () => (await starting.catch(() => undefined))?.stop())
  const workers = await Promise.race([starting, asked])
  if (typeof workers === 'string') return 0

  const ended = workers.failed.then((words) => Promise.reject(new Error(`The Workers have ended.\n${words}`)))
  ended.catch(() => {})
  if (once) {
    const wrong = await Promise.race([play(workers.url, viewer, print), ended, asked])
    if (typeof wrong === 'string') return 1
    if (wrong.length === 0) {
      print(`\nAll ${scenarios.length} scenarios: every span arrived, under the right parent, in one trace a request.`)
      return 0
    }
    print(`\nNot as it should be:\n${wrong.map((each) => `  ${each}`).join('\n')}`)
    return 1
  }

  stops.push(show(viewer, print))
  print(howTo(workers.url, viewer.url))
  await Promise.race([asked, ended])
  print('\nStopping …')
  return 0
}

function howTo(gateway: string, backend: string): string {
  const lines = scenarios.map(({ name, about, requests }) => {
    const url = `${gateway}/checkout/${name}`
    return requests > 1
      ? `  curl -sZ --parallel-max ${requests} '${url}?[1-${requests}]'`
      : `  curl ${url.padEnd(52)} # ${about}`
  })
  return `
Checkout is open. Order something, and its trace appears below:

${lines.join('\n')}

Spans go to ${backend}/v1/traces (OTLP/HTTP); the same traces in a browser: ${backend}
Ctrl-C stops everything.`
}
