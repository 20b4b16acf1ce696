// In: names of Workers. Out: on standard output, the resident memory of workerd as requests go by, as JSON, and what a request
// leaves of it.
// Must stay true: one workerd a Worker, never restarted; what is left is read between the last requests and a fifth of them,
// because until then heaps grow to the size they keep.
//
//   node resident.ts WORKER,WORKER… [--requests N]
import { parseArgs } from 'node:util'
import { residentBytes } from './accounting.ts'
import { client } from './client.ts'
import { startWorker, withWorkerd } from './workerd.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { requests: { type: 'string', default: '100000' } },
})
const requests = Number(values.requests)

const rows = await withWorkerd(async (bench) => {
  const outside = `http://127.0.0.1:${await bench.outside()}`
  const found: Record<string, Record<string, number>> = {}
  for (const worker of positionals[0]!.split(',')) {
    const { pid, port } = await startWorker(bench, worker, outside, 4600)
    const { burst, close } = await client(port, 16)
    const at = async (count: number): Promise<number> => {
      await burst(count)
      await new Promise((resolve) => setTimeout(resolve, 300))
      return residentBytes(pid)
    }
    const first = await at(requests / 5)
    const last = await at((requests / 5) * 4)
    close()
    found[worker] = {
      [`resident/MB after ${(requests / 5).toLocaleString('en')}`]: first / 1e6,
      [`resident/MB after ${requests.toLocaleString('en')}`]: last / 1e6,
      'resident/bytes a request between': ((last - first) / requests) * (5 / 4),
    }
    process.kill(pid, 'SIGKILL')
  }
  return found
})
console.log(JSON.stringify({ rows }))
process.exit(0)
