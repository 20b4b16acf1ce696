// In: one encoded request and the moment by which it must be settled. Out: what the receiver answered, or why it did not.
// Must stay true: never rejects, settles by the deadline, retries only what OTLP allows, leaves nothing open behind it.
import type { ExportHost } from './exporter.ts'
import type { Body, Refusal } from './split.ts'

/**
 * Tries for one request, the first included. With the waits below they span about eight seconds, which fits the
 * default timeout of ten, and they are about a tenth of the 50 subrequests of a free Worker.
 */
export const MAX_TRIES = 6
/** The wait before the second try; each further one is twice as long, and every one is varied by a fifth. */
export const FIRST_WAIT_MS = 250
/** OTLP 1.11 allows 4 MiB of answer. One that says something has some hundred bytes; beyond this it is not read on. */
export const MAX_ANSWER_BYTES = 65_536

/** `alive` in a refusal: a receiver was there and gave a final answer, so trying it with another batch makes sense. */
export type Reply = { readonly ok: true; readonly body: Uint8Array } | Refusal

/**
 * POSTs as OTLP 1.11 asks: 429, 502, 503, 504 and broken connections are tried again, everything else is final.
 * `deadlineMs` is epoch milliseconds.
 */
export function post(
  host: ExportHost,
  url: string,
  headers: Record<string, string>,
  body: Body,
  deadlineMs: number,
  maxTries: number,
): Promise<Reply> {
  const controller = new AbortController()
  let atDeadline: Reply = { ok: false, reason: 'timeout', message: 'no answer in time', alive: false }

  const attempts = async (): Promise<Reply> => {
    for (let tries = 1; ; tries++) {
      let waitMs = FIRST_WAIT_MS * 2 ** (tries - 1) * (0.8 + 0.4 * host.random())
      let reply: Reply
      try {
        // A redirect would carry our headers, and so the key to the backend, to whoever it names.
        const response = await host.fetch(url, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          signal: controller.signal,
        })
        const { status } = response
        // A web page that answers 200 is no receiver: a URL that points to it is an error that must show.
        const isTaken = response.ok && !response.headers.get('content-type')?.includes('html')
        if (isTaken) atDeadline = { ok: true, body: new Uint8Array() }
        const answer = await read(response)
        if (isTaken) return { ok: true, body: answer }
        const alive = status !== 429 && (status < 502 || status > 504)
        const said = response.headers.get('location') ?? new TextDecoder().decode(answer.subarray(0, 200))
        reply = { ok: false, reason: 'refused', message: `HTTP ${status} ${said}`, alive }
        if (alive) return reply
        waitMs = retryAfterMs(response.headers.get('retry-after'), host.now()) ?? waitMs
      } catch (error) {
        reply = { ok: false, reason: 'network', message: String((error as Error).cause ?? error), alive: false }
      }
      if (controller.signal.aborted || tries >= maxTries || host.now() + waitMs >= deadlineMs) return reply
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }

  return new Promise((resolve) => {
    // A race and not only a signal: a fetch that ignores its signal must not hold up the invocation.
    const timer = setTimeout(() => {
      resolve(atDeadline)
      controller.abort()
    }, deadlineMs - host.now())
    attempts()
      .then(resolve)
      .finally(() => clearTimeout(timer))
  })
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  const waitMs = header ? (+header >= 0 ? +header * 1000 : Math.max(0, Date.parse(header) - nowMs)) : NaN
  return waitMs >= 0 ? waitMs : undefined
}

/**
 * Reads the answer, so that its connection is free again. An answer that breaks off, or never ends, is what came of it:
 * the status has been said by then, and a batch that was taken must not be sent twice.
 */
async function read(response: Response): Promise<Uint8Array> {
  let body = new Uint8Array()
  try {
    const { headers } = response
    const length = headers.get('content-length')
    // A length that is known, and that no decoding can change: read at once. Through a reader the two bytes of an
    // ordinary answer cost a Worker 100 µs.
    if (length !== null && +length <= MAX_ANSWER_BYTES && !headers.has('content-encoding'))
      return new Uint8Array(await response.arrayBuffer())
    const reader = response.body?.getReader()
    for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
      body = new Uint8Array([...body, ...chunk.value])
      if (body.length > MAX_ANSWER_BYTES) {
        await reader?.cancel()
        break
      }
    }
  } catch {}
  return body
}
