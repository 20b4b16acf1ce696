// In: one encoded request and the moment by which it must be settled. Out: what the receiver answered, or why it did not.
// Must stay true: never rejects, settles by the deadline, retries only what OTLP allows, leaves nothing open behind it.
import type { Encoder } from './encoder.ts'
import type { ExportHost } from './exporter.ts'
import type { DropReason } from './model.ts'

/** Text or bytes as `fetch` takes them. */
export type Body = string | Uint8Array<ArrayBuffer>

/** Why a request was not taken. `alive`: a receiver was there and gave a final answer, so the next request makes sense. */
export interface Refusal {
  readonly ok: false
  readonly reason: DropReason
  readonly message: string
  readonly alive: boolean
}

/** It was taken, less what the receiver says it rejected; or it was not. */
export type Reply = { readonly ok: true; readonly rejected?: number; readonly message?: string } | Refusal

/**
 * Tries for one request, the first included. With the waits below they span about eight seconds, which fits the
 * default timeout of ten, and they are about a tenth of the 50 subrequests of a free Worker.
 */
export const MAX_TRIES = 6
/** The wait before the second try; each further one is twice as long, and every one is varied by a fifth. */
export const FIRST_WAIT_MS = 250
/** OTLP 1.11 allows 4 MiB of answer. One that says something has some hundred bytes; beyond this it is not read on. */
export const MAX_ANSWER_BYTES = 65_536

/**
 * POSTs as OTLP 1.11 asks: 429, 502, 503, 504 and broken connections are tried again, everything else is final.
 * `deadlineMs` is epoch milliseconds.
 */
export function post(
  host: ExportHost,
  url: string,
  headers: Record<string, string>,
  body: Body,
  answer: Encoder['answer'] | undefined,
  deadlineMs: number,
  maxTries: number,
): Promise<Reply> {
  // A signal costs a Worker 15 µs, where the call would end with its invocation anyway. Fastly has no signals: there a try
  // that comes too late is not called off, and nobody waits for it.
  const controller = host.endsCalls || typeof AbortController === 'undefined' ? undefined : new AbortController()
  const signal = controller?.signal as AbortSignal
  /** What is known so far, and so the answer when time is up. */
  let reply: Reply = { ok: false, reason: 'timeout', message: 'no answer in time', alive: false }

  async function attempts(): Promise<void> {
    for (let tries = 1, backOffMs = FIRST_WAIT_MS; ; tries++, backOffMs *= 2) {
      let waitMs = backOffMs * (0.8 + 0.4 * host.random())
      let alive = false
      try {
        // A redirect would carry our headers, and so the key to the backend, to whoever it names.
        const response = await host.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
        const { status } = response
        const said = (name: string): string => response.headers.get(name) ?? ''
        alive = !/429|50[234]/.test(String(status))
        // A web page that answers 200 is no receiver: a URL that points to it is an error that must show.
        const isTaken = response.ok && !said('content-type').includes('html')
        const refused = (text: string): Reply => ({
          ok: false,
          reason: 'refused',
          message: `HTTP ${status} ${text}`,
          alive,
        })
        const location = isTaken ? '' : said('location')
        // Known before the rest of the answer, whatever becomes of it: what was taken must not be sent twice.
        reply = isTaken ? { ok: true } : refused(location)
        // Seconds or an HTTP date (RFC 9110, 10.2.3); 0 is a date that has been.
        const after = isTaken ? '' : said('retry-after')
        const askedMs = Math.max(0, Number(after) * 1000 || Date.parse(after) - host.now())
        if (askedMs >= 0) waitMs = askedMs
        const bytes = await read(response)
        if (isTaken) reply = { ok: true, ...answer?.(bytes) }
        else if (!location) reply = refused(new TextDecoder().decode(bytes.subarray(0, 200)))
      } catch (error) {
        if (!alive) reply = { ok: false, reason: 'network', message: String((error as Error).cause ?? error), alive }
      }
      if (alive || signal?.aborted || tries >= maxTries || host.now() + waitMs >= deadlineMs) return
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }

  return new Promise((resolve) => {
    // A race and not only a signal: a fetch that ignores its signal must not hold up the invocation.
    const timer = setTimeout(() => {
      resolve(reply)
      controller?.abort()
    }, deadlineMs - host.now())
    attempts().then(() => {
      clearTimeout(timer)
      resolve(reply)
    })
  })
}

/**
 * Reads the answer, so that its connection is free again. An answer of two bytes, `{}`, says nothing and is let go: to read
 * it would cost a Worker 20 µs, and the chunks of one whose length is known about as much.
 */
async function read(response: Response): Promise<Uint8Array> {
  const length = Number(response.headers.get('content-length') ?? Infinity)
  let answer = new Uint8Array()
  if (length < 3) await response.body?.cancel()
  else if (length <= MAX_ANSWER_BYTES) answer = new Uint8Array(await response.arrayBuffer())
  else
    for await (const chunk of response.body ?? []) {
      answer = new Uint8Array([...answer, ...chunk])
      if (answer.length > MAX_ANSWER_BYTES) break
    }
  return answer
}
