// In: accepted OTLP requests, as they were sent. Out: the same bytes at another endpoint.
// Must stay true: never delays or fails the sender; bounded in bytes and in attempts; every request that did not get
// through is counted; what was forwarded once carries a mark and is not forwarded again, so two viewers cannot loop.
import { setTimeout as wait } from 'node:timers/promises'
import type { Signal } from '../receive/decode.ts'

export interface ForwardOptions {
  /** Base URL: `/v1/traces` and `/v1/logs` are appended, as with OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Replaced in tests. */
  readonly fetch?: typeof fetch
}

export interface ForwardCounts {
  readonly sent: number
  readonly dropped: number
  readonly waiting: number
  /** The last failure; empty when there was none. */
  readonly problem: string
}

export interface Forwarder {
  send(signal: Signal, body: Buffer, headers: Headers): void
  counts(): ForwardCounts
  close(): Promise<void>
}

const MARK = 'x-clew-forwarded'

/** Bytes that may wait: what a stopped endpoint costs in memory. */
const MAX_WAITING_BYTES: number = 32 * 1024 * 1024
/** Requests under way at once: enough to hide latency, few enough not to reorder much. */
const MAX_CONCURRENT = 4
const ATTEMPTS = 4
const TIMEOUT_MS = 10_000
const RETRYABLE = new Set([429, 502, 503, 504])
const PASSED = ['content-type', 'content-encoding'] as const

interface Item {
  readonly signal: Signal
  readonly body: Buffer
  readonly headers: Record<string, string>
}

export const forwarder = ({ url, headers = {}, fetch: send = fetch }: ForwardOptions): Forwarder => {
  const base = url.replace(/\/+$/, '')
  const queue: Item[] = []
  const closing = new AbortController()
  const running = new Set<Promise<void>>()
  let waitingBytes = 0
  let sent = 0
  let dropped = 0
  let problem = ''

  const attempt = async (item: Item): Promise<'sent' | 'again' | 'never'> => {
    try {
      const response = await send(`${base}/v1/${item.signal}`, {
        method: 'POST',
        headers: { ...item.headers, ...headers, [MARK]: '1' },
        body: new Uint8Array(item.body),
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      await response.arrayBuffer()
      if (response.ok) return 'sent'
      problem = `${base} answered ${response.status}`
      return RETRYABLE.has(response.status) ? 'again' : 'never'
    } catch (error) {
      problem = `${base}: ${(error as Error).message}`
      return 'again'
    }
  }

  const deliver = async (item: Item): Promise<void> => {
    for (let i = 0; i < ATTEMPTS && !closing.signal.aborted; i++) {
      const outcome = await attempt(item)
      if (outcome === 'sent') {
        sent++
        return
      }
      if (outcome === 'never') break
      await wait(500 * 2 ** i, undefined, { signal: closing.signal, ref: false }).catch(() => {})
    }
    dropped++
  }

  const pump = (): void => {
    while (running.size < MAX_CONCURRENT) {
      const item = queue.shift()
      if (item === undefined) return
      const work = deliver(item).finally(() => {
        waitingBytes -= item.body.length
        running.delete(work)
        pump()
      })
      running.add(work)
    }
  }

  return {
    send(signal, body, from) {
      if (from.get(MARK) !== null) return
      if (waitingBytes + body.length > MAX_WAITING_BYTES) {
        dropped++
        problem = 'more waited to be forwarded than memory allows'
        return
      }
      waitingBytes += body.length
      const passed: Record<string, string> = {}
      for (const name of PASSED) {
        const value = from.get(name)
        if (value !== null) passed[name] = value
      }
      queue.push({ signal, body, headers: passed })
      pump()
    },
    counts: () => ({ sent, dropped, waiting: queue.length + running.size, problem }),
    async close() {
      dropped += queue.length
      queue.length = 0
      closing.abort()
      await Promise.allSettled(running)
    },
  }
}
