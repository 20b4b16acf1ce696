// In: the name of a Worker that answers "hello". Out: on standard output, the milliseconds to the first response of a
// fresh isolate, as JSON: the median of many isolates of one workerd.
// Must stay true: each isolate is new, and its code is compiled anew.
//
//   node cold.ts WORKER [--isolates N]
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from './memory.ts'
import { bundleWorker, withWorkerd } from './workerd.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { isolates: { type: 'string', default: '60' } },
})
const [worker] = positionals as [string]
const ENTRIES: Record<string, string> = { clew: 'test/runtime/fixtures/hello.ts' }

const rows = await withWorkerd(async (bench) => {
  const outside = await bench.outside()
  await bundleWorker(ENTRIES[worker] ?? `bench/workers/hello-${worker}.ts`, join(bench.directory, 'hello.mjs'))
  await bundleWorker('bench/workers/loader.ts', join(bench.directory, 'loader.mjs'))
  const { port } = await bench.workerd(
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "loader.mjs", esModule = embed "loader.mjs")],
      compatibilityDate = "2026-07-28",
      bindings = [
        (name = "LOADER", workerLoader = ()),
        (name = "CODE", text = embed "hello.mjs"),
        (name = "OTLP_URL", text = "http://127.0.0.1:${outside}"),
      ],
    )),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
    ['--experimental'],
  )
  const times: number[] = []
  for (let i = 0; i < Number(values.isolates) + 5; i++) {
    const begin = performance.now()
    const response = await fetch(`http://127.0.0.1:${port}/${i}`)
    if ((await response.text()) !== 'hello') throw new Error(`${worker} answered ${response.status}`)
    // The first warm the loader up.
    if (i >= 5) times.push(performance.now() - begin)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  return { 'cold/first response, ms': median(times) }
})
console.log(JSON.stringify({ worker, rows }))
