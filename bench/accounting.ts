// In: the number of a process. Out: the CPU time it has used, and the memory it has, as the kernel counts them.
import { readdirSync, readFileSync } from 'node:fs'

/** User and system time of all its threads, in milliseconds. */
export function cpuMs(pid: number): number {
  // Nanoseconds on the CPU, the first number of a thread's `schedstat`; proc(5) `stat` counts in ticks of 10 ms.
  let nanos = 0
  for (const thread of readdirSync(`/proc/${pid}/task`))
    try {
      nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // A thread that has ended meanwhile.
    }
  return nanos / 1e6
}

export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
}

export function quartiles(values: readonly number[]): [low: number, median: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number): number => sorted[Math.round((sorted.length - 1) * part)]!
  return [at(0.25), at(0.5), at(0.75)]
}
