// In: a peer. Out: bytes that a span with five attributes allocates, that it keeps while it is buffered, and that a
// child of an unsampled span allocates.
// Must stay true: started with a young generation so large that nothing is collected while it is counted.
import { type Peer, record } from './peer.ts'

const SPANS = 5_000

export async function memory(peer: Peer<unknown, unknown>): Promise<Record<string, number>> {
  const any = peer as Peer<unknown, never>
  const allocated: number[] = []
  const kept: number[] = []
  const unsampled: number[] = []
  for (let round = 0; round < 7; round++) {
    const session = peer.open('sampled')
    // Grows the buffer, so that what is counted next is spans.
    record(any, session.root, SPANS, 'five')
    gc!()
    const before = process.memoryUsage().heapUsed
    record(any, session.root, SPANS, 'five')
    const after = process.memoryUsage().heapUsed
    gc!()
    const left = process.memoryUsage().heapUsed
    allocated.push((after - before) / SPANS)
    kept.push((left - before) / SPANS)
    peer.end(session.root)
    await session.recorded()

    const other = peer.open('unsampled')
    record(any, other.root, SPANS, 'empty')
    gc!()
    const start = process.memoryUsage().heapUsed
    record(any, other.root, SPANS * 10, 'empty')
    unsampled.push((process.memoryUsage().heapUsed - start) / SPANS / 10)
    peer.end(other.root)
    await other.recorded()
  }
  return { 'memory/allocated': median(allocated), 'memory/kept': median(kept), 'memory/unsampled': median(unsampled) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
