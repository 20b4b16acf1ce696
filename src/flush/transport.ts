// In: one encoded request and the moment by which it must be settled. Out: what the receiver answered, or why it did not.
// Must stay true: never rejects, settles by the deadline, retries only what OTLP allows, leaves nothing open behind it.
import type { ExportHost } from './exporter.ts'
import type { DropReason } from './model.ts'
import type { Body } from './split.ts'

/**
 * Tries for one request, the first included. With the waits below they span about eight seconds, which fits the
 * default timeout of ten, and they are a tenth of the 50 subrequests of a free Worker.
 */
export const MAX_TRIES = 6
/** The wait before the second try; each further one is twice as long, and every one is varied by a fifth. */
export const FIRST_WAIT_MS = 250
/** OTLP 1.11, "OTLP/HTTP Response": a client must not take more than 4 MiB. */
export const MAX_ANSWER_BYTES: number = 4 * 1024 * 1024

/** `alive`: a receiver was there and gave a final answer, so trying it with another batch makes sense. */
export type Reply =
  | { readonly ok: true; readonly body: Uint8Array }
  | { readonly ok: false; readonly reason: DropReason; readonly message: string; readonly alive: boolean }

export interface PostRequest {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: Body
  /** Epoch milliseconds. */
  readonly deadlineMs: number
  readonly maxTries: number
}

/** POSTs as OTLP 1.11 asks: 429, 502, 503, 504 and broken connections are tried again, everything else is final. */
export function post(host: ExportHost, request: PostRequest): Promise<Reply> {
  return new Promise((resolve) => {
    const controller = new AbortController()
    let atDeadline = failure('timeout', 'no answer in time')
    // A race and not only a signal: a fetch that ignores its signal must not hold up the invocation.
    const timer = setTimeout(() => {
      resolve(atDeadline)
      controller.abort()
    }, request.deadlineMs - host.now())
    const onAccepted = () => {
      atDeadline = { ok: true, body: new Uint8Array() }
    }
    attempts(host, request, controller.signal, onAccepted).then((reply) => {
      clearTimeout(timer)
      resolve(reply)
    })
  })
}

async function attempts(
  host: ExportHost,
  request: PostRequest,
  signal: AbortSignal,
  onAccepted: () => void,
): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    let wait = FIRST_WAIT_MS * 2 ** (tries - 1) * (0.8 + 0.4 * host.random())
    let reply: Reply
    try {
      // A redirect would carry our headers, and so the key to the backend, to whoever it names.
      const init: RequestInit = {
        method: 'POST',
        headers: request.headers,
        body: request.body,
        redirect: 'manual',
        signal,
      }
      const response = await host.fetch(request.url, init)
      if (isOtlp(response)) onAccepted()
      reply = await read(response)
      if (reply.ok || reply.alive) return reply
      wait = retryAfterMs(response.headers.get('retry-after'), host.now()) ?? wait
    } catch (error) {
      reply = failure('network', String((error as Error)?.cause ?? error))
    }
    if (signal.aborted || tries >= request.maxTries || host.now() + wait >= request.deadlineMs) return reply
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}

const isRetryable = (status: number): boolean => status === 429 || (status > 501 && status < 505)

const failure = (reason: DropReason, message: string, alive = false): Reply => ({ ok: false, reason, message, alive })

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (!header) return undefined
  const wait = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return wait >= 0 ? wait : wait < 0 ? 0 : undefined
}

/** A web page that answers 200 is not a receiver: a URL that points to it is an error that must show. */
const isOtlp = (response: Response): boolean => response.ok && !response.headers.get('content-type')?.includes('html')

async function read(response: Response): Promise<Reply> {
  const body = await drain(response)
  if (isOtlp(response) && body) return { ok: true, body }
  const said =
    response.headers.get('location') ?? (body ? new TextDecoder().decode(body.subarray(0, 200)) : 'over 4 MiB')
  return failure('refused', `HTTP ${response.status} ${said}`, !isRetryable(response.status))
}

/**
 * The whole body, so that the connection is free again; nothing when it is too large, and what came of it when it
 * breaks off: the status has been said by then, and a 200 must not be sent twice.
 */
async function drain(response: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  try {
    for (;;) {
      const chunk = await reader?.read()
      if (!chunk || chunk.done) break
      size += chunk.value.length
      if (size > MAX_ANSWER_BYTES) {
        reader?.cancel().catch(() => {})
        return undefined
      }
      chunks.push(chunk.value)
    }
  } catch {}
  const body = new Uint8Array(size)
  for (const chunk of chunks.reverse()) body.set(chunk, (size -= chunk.length))
  return body
}
