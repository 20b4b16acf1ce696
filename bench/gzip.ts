// In: nothing. Out: on standard output, what gzip costs in workerd, CPU microseconds a span, as JSON.
// Must stay true: CPU time is the process's own; a request that compresses is compared with one that does all the same but
// that; what is compressed is what clew encodes.
//
//   node gzip.ts [--rounds N]
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { cpuMs } from './accounting.ts'
import { client } from './client.ts'
import { record } from './peer.ts'
import { load } from './peers.ts'
import { bundleText, withWorkerd } from './workerd.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const COUNTS = [20, 200, 2000]

const peer = await load('clew')
const bodies: { readonly name: string; readonly count: number; readonly body: Uint8Array }[] = []
for (const count of COUNTS) {
  const session = peer.open('sampled')
  record(peer as never, session.root, count, 'mixed')
  peer.end(session.root)
  const recorded = await session.recorded()
  bodies.push({ name: `json/${count}`, count, body: new TextEncoder().encode(peer.json!(recorded)) })
  bodies.push({ name: `protobuf/${count}`, count, body: peer.protobuf!(recorded) })
}

const rows = await withWorkerd(async (bench) => {
  const source = `
    import { gzip } from 'clew/flush'
    const { compress } = gzip({ minBytes: 0 })
    export default {
      async fetch(request, env) {
        const [, name, way] = /([a-z]+[0-9]+)-([a-z]+)$/.exec(request.url)
        const body = new Uint8Array(env[name])
        const packed = way === 'packed' ? await compress(body) : way === 'show' ? await compress(body) : undefined
        return way === 'show' ? new Response(packed) : new Response(String(packed?.length ?? body.length).padStart(8))
      },
    }`
  writeFileSync(join(bench.directory, 'worker.mjs'), await bundleText(source))
  const keys = bodies.map(({ name, body }) => {
    const key = name.replace('/', '')
    writeFileSync(join(bench.directory, key), body)
    return key
  })
  const { pid, port } = await bench.workerd(`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
      compatibilityDate = "2026-07-28",
      bindings = [${keys.map((key) => `(name = "${key}", data = embed "${key}")`)}],
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`)
  const found: Record<string, number[]> = {}
  const spent = async (path: string, requests: number): Promise<number> => {
    const { burst, close } = await client(port, 4, path)
    await burst(requests / 4)
    const before = cpuMs(pid)
    await burst(requests)
    close()
    return ((cpuMs(pid) - before) * 1000) / requests
  }
  for (const [i, { name, body }] of bodies.entries()) {
    const packed = await fetch(`http://127.0.0.1:${port}/${keys[i]}-show`)
    if (!gunzipSync(new Uint8Array(await packed.arrayBuffer())).equals(body))
      throw new Error(`${name} did not come back`)
  }
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [i, { name, count }] of bodies.entries()) {
      const requests = Math.max(20, 8_000 / count)
      const added = (await spent(`/${keys[i]}-packed`, requests)) - (await spent(`/${keys[i]}-plain`, requests))
      ;(found[`gzip/workerd, ${name}`] ??= []).push((added * 1000) / count)
    }
  return { clew: found }
})
console.log(JSON.stringify({ rows }))
process.exit(0)
