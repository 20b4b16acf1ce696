// In: work to do when the process is asked to stop or has nothing left to do. Out: it is done, and the process ends as it
// would have.
// Must stay true: one listener a process however many ask; it listens only while somebody asks; whoever else listens to
// SIGTERM decides when to exit, and where nobody does, the signal takes its course once the work is done.
import { hostProcess, type Process } from './process.ts'

/** Ends what is open; resolves when it has left. Never rejects. */
export type Stop = () => Promise<unknown>

const stops = new Set<Stop>()
const listening = { toSignal: false, toExit: false }

/** Calls `stop` at SIGTERM, and when Node has nothing left to do (`beforeExit`). Returns how to forget it. */
export function onStop(stop: Stop): () => void {
  const host = hostProcess()
  if (typeof host?.once === 'function') listen(host)
  stops.add(stop)
  return () => stops.delete(stop)
}

function listen(host: Process): void {
  if (!listening.toExit) {
    listening.toExit = true
    host.on('beforeExit', all)
  }
  if (listening.toSignal) return
  listening.toSignal = true
  host.once('SIGTERM', async () => {
    listening.toSignal = false
    await all()
    // A listener keeps the signal from ending the process: ours is gone by now, and if it was the only one, it ends.
    if (host.listenerCount('SIGTERM') === 0) host.kill(host.pid, 'SIGTERM')
  })
}

function all(): Promise<unknown> {
  return Promise.allSettled([...stops].map((stop) => stop()))
}
