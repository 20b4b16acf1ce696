// In: names of Workers that answer "hello". Out: on standard output, samples of the milliseconds to the first response of a
// fresh isolate, as JSON.
// Must stay true: each isolate is new, and its code is compiled anew; the Workers take turns; the CPU time is the process's own.
//
//   node cold.ts WORKER,WORKER… [--isolates N]
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cpuMs } from './accounting.ts'
import { client } from './client.ts'
import { type Bench, bundleWorker, PEER_WORKERS, withWorkerd } from './workerd.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { isolates: { type: 'string', default: '20' } },
})
const workers = positionals[0]!.split(',')
/** The first warm up the loader, and what of workerd itself is lazy. */
const WARM_UP = 5

/** An isolate of the Worker for each path that it is asked for. */
async function loader(bench: Bench, worker: string, outside: number): Promise<{ pid: number; port: number }> {
  const [name, checkout] = worker.split('@') as [string, string?]
  const isPeer = PEER_WORKERS.includes(name)
  const entry =
    name === 'clew'
      ? 'test/runtime/fixtures/hello.ts'
      : isPeer
        ? `bench/peers/${name}/hello.ts`
        : `bench/workers/hello-${name.replace('+nodejs_compat', '')}.ts`
  const module = `${workers.indexOf(worker)}.mjs`
  await bundleWorker(entry, join(bench.directory, module), {}, checkout)
  await bundleWorker('bench/workers/loader.ts', join(bench.directory, 'loader.mjs'))
  const flags = isPeer || name.endsWith('nodejs_compat') ? 'nodejs_compat' : ''
  return bench.workerd(
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "loader.mjs", esModule = embed "loader.mjs")],
      compatibilityDate = "2026-07-28",
      bindings = [
        (name = "LOADER", workerLoader = ()),
        (name = "CODE", text = embed "${module}"),
        (name = "FLAGS", text = "${flags}"),
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
}

const rows = await withWorkerd(async (bench) => {
  const outside = await bench.outside()
  const loaders = []
  for (const worker of workers) loaders.push({ worker, ...(await loader(bench, worker, outside)) })
  const found: Record<string, Record<string, number[]>> = {}
  for (let i = 0; i < Number(values.isolates) + WARM_UP; i++)
    for (const { worker, pid, port } of loaders) {
      const { burst, close } = await client(port, 1, `/${i}`)
      const cpu = cpuMs(pid)
      const tookMs = await burst(1)
      close()
      // What the isolate still does, a POST for one, is not part of its first response, but of its cost.
      await new Promise((resolve) => setTimeout(resolve, 25))
      if (i < WARM_UP) continue
      const rows = (found[worker] ??= {})
      ;(rows['cold/first response, ms'] ??= []).push(tookMs)
      ;(rows['cold/CPU, ms'] ??= []).push(cpuMs(pid) - cpu)
    }
  return found
})
console.log(JSON.stringify({ rows }))
process.exit(0)
