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
  const init = { method: 'POST', headers, body, redirect: 'manual', signal } as const
  /** What is known so far, and so the answer when time is up. */
  let reply: Reply = { ok: false, reason: 'timeout', message: 'no answer in time', alive: false }

  return new Promise((resolve) => {
    // A race and not only a signal: a fetch that ignores its signal must not hold up the invocation.
    const timer = setTimeout(() => {
      resolve(reply)
      controller?.abort()
    }, deadlineMs - host.now())
    ;(async () => {
      for (let tries = 1, backOffMs = FIRST_WAIT_MS; ; tries++, backOffMs *= 2) {
        const askedMs = await attempt(host, url, init, answer, (said) => (reply = said))
        const waitMs = askedMs >= 0 ? askedMs : backOffMs * (0.8 + 0.4 * host.random())
        const isFinal = reply.ok || reply.alive
        if (isFinal || signal?.aborted || tries >= maxTries || host.now() + waitMs >= deadlineMs) break
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
      clearTimeout(timer)
      resolve(reply)
    })()
  })
}

/** One try; `tell` hears of its outcome as soon as it is known. The milliseconds that the receiver asks to wait, or NaN. */
async function attempt(
  host: ExportHost,
  url: string,
  init: RequestInit,
  answer: Encoder['answer'] | undefined,
  tell: (reply: Reply) => void,
): Promise<number> {
  let waitMs = Number.NaN
  let alive = false
  try {
    // A redirect would carry our headers, and so the key to the backend, to whoever it names.
    const response = await host.fetch(url, init)
    const { status, headers } = response
    alive = !/429|50[234]/.test(String(status))
    // A web page that answers 200 is no receiver: a URL that points to it is an error that must show.
    const isTaken = response.ok && !headers.get('content-type')?.includes('html')
    const refusal: Refusal = { ok: false, reason: 'refused', message: `HTTP ${status} `, alive }
    const location = isTaken ? '' : (headers.get('location') ?? '')
    // Known before the rest of the answer, whatever becomes of it: what was taken must not be sent twice.
    tell(isTaken ? { ok: true } : { ...refusal, message: refusal.message + location })
    // Seconds or an HTTP date (RFC 9110, 10.2.3); 0 is a date that has been.
    const after = isTaken ? '' : (headers.get('retry-after') ?? '')
    waitMs = Math.max(0, Number(after) * 1000 || Date.parse(after) - host.now())
    const bytes = await read(response)
    if (isTaken) tell({ ok: true, ...answer?.(bytes) })
    else if (!location)
      tell({ ...refusal, message: refusal.message + new TextDecoder().decode(bytes.subarray(0, 200)) })
  } catch (error) {
    if (!alive) tell({ ok: false, reason: 'network', message: String((error as Error).cause ?? error), alive })
  }
  return waitMs
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
