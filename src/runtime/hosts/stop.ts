// In: work to do when the process is asked to stop or has nothing left to do. Out: it is done, and the process ends as it
// would have.
// Must stay true: one listener a process however many ask; it listens only while somebody asks; whoever else listens to
// SIGTERM decides when to exit, and where nobody does, the signal takes its course once the work is done.
import { hostProcess, type Process } from './process.ts'

/**
 * Sends what there is; resolves when it has left. `isLast`: nobody else listens, the process ends after this. Where
 * somebody does, requests in progress may still come to their own end.
 */
export type Stop = (isLast: boolean) => Promise<unknown>

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
    host.on('beforeExit', () => void all(true))
  }
  if (listening.toSignal) return
  listening.toSignal = true
  host.once('SIGTERM', async () => {
    listening.toSignal = false
    // A listener keeps the signal from ending the process: ours is gone by now, and if it was the only one, it ends.
    const isLast = host.listenerCount('SIGTERM') === 0
    await all(isLast)
    if (isLast) host.kill(host.pid, 'SIGTERM')
  })
}

function all(isLast: boolean): Promise<unknown> {
  return Promise.allSettled([...stops].map((stop) => stop(isLast)))
}
