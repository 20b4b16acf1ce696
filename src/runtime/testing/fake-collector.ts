// In: the requests of an exporter, and a script of how to misbehave. Out: what arrived, and what was accepted.
// Must stay true: no socket and no host: it is a `fetch`, so it runs in every runtime; a request is accepted exactly when
// it is answered with a 2xx and no fault before.
import type { LogRecord, SpanRecord } from '../../flush/model.ts'
import { decodeLogs, decodeSpans } from './decode.ts'

/** How one request is treated. */
export type Fault =
  /** Answers with a status; a 2xx accepts the batch. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body?: string
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Breaks the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Accepts, answers 200 with half a body and breaks the connection. */
  | { readonly kind: 'reset-mid-body' }
  /** Answers 200 with a web page, as a wrong URL would. Accepts nothing. */
  | { readonly kind: 'html' }
  /** Accepts and answers 200 with so many bytes. */
  | { readonly kind: 'huge'; readonly bytes: number }
  /** Accepts less `rejected` records (OTLP 1.11, "Partial Success"). */
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string }
  /** Accepts after a wait. */
  | { readonly kind: 'delay'; readonly ms: number }

export interface FakeRequest {
  readonly url: string
  readonly headers: Headers
  readonly body: string | Uint8Array
  readonly fault: Fault | undefined
  readonly accepted: boolean
}

export interface FakeCollector {
  /** For `otlp({ url })`; nothing listens there. */
  readonly url: string
  /** For `createTracer({ fetch })`. */
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>
  /** Every request, in order. */
  readonly requests: readonly FakeRequest[]
  /** What was accepted, of requests in JSON. */
  readonly spans: readonly SpanRecord[]
  readonly logs: readonly LogRecord[]
  /** The next requests meet these, one each; `undefined` behaves. */
  script(...faults: (Fault | undefined)[]): void
  /** Forgets what arrived and what was scripted. */
  reset(): void
}

/**
 * A collector for tests: `createTracer({ …, exporter: otlp({ url: collector.url }), fetch: collector.fetch })`.
 * Requests must be uncompressed; those in protobuf are kept as bytes and not taken apart.
 */
export function fakeCollector(): FakeCollector {
  let requests: FakeRequest[] = []
  let faults: (Fault | undefined)[] = []

  async function answer(fault: Fault | undefined, isLogs: boolean, signal: AbortSignal | null | undefined) {
    const ok = (body: string | ReadableStream | Uint8Array<ArrayBuffer> = '{}', type = 'application/json'): Response =>
      new Response(body, { headers: { 'content-type': type } })
    switch (fault?.kind) {
      case undefined:
        return ok()
      case 'status': {
        const { status, headers, body = '{}' } = fault
        return new Response(status === 204 || status === 304 ? null : body, { status, ...(headers && { headers }) })
      }
      case 'hang':
        return new Promise<never>((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
        )
      case 'reset':
        throw new TypeError('fetch failed: the connection was reset')
      case 'reset-mid-body':
        return ok(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new TextEncoder().encode('{"partialSuccess":'))
            },
            pull: (controller) => controller.error(new TypeError('terminated')),
          }),
        )
      case 'html':
        return ok('<!doctype html><title>Sign in</title>', 'text/html; charset=utf-8')
      case 'huge':
        return ok(new Uint8Array(fault.bytes).fill(32))
      case 'partial': {
        const count = isLogs ? 'rejectedLogRecords' : 'rejectedSpans'
        return ok(JSON.stringify({ partialSuccess: { [count]: String(fault.rejected), errorMessage: fault.message } }))
      }
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, fault.ms))
        return ok()
    }
  }

  const accepted = <T>(path: string, decode: (body: string) => T[]): T[] =>
    requests.flatMap(({ url, body, accepted }) =>
      accepted && url.endsWith(path) && typeof body === 'string' ? decode(body) : [],
    )

  return {
    url: 'https://collector.test',
    async fetch(url, init = {}) {
      const headers = new Headers(init.headers)
      const fault = faults.shift()
      const body = init.body as string | Uint8Array
      const isJson = headers.get('content-type')?.includes('json') && !headers.has('content-encoding')
      const request = {
        url,
        headers,
        body: isJson && typeof body !== 'string' ? new TextDecoder().decode(body) : body,
        fault,
        accepted: !/^(?:hang|reset|html)$/.test(fault?.kind ?? '') && (fault?.kind !== 'status' || fault.status < 300),
      }
      requests.push(request)
      return answer(fault, url.endsWith('/v1/logs'), init.signal)
    },
    get requests() {
      return requests
    },
    get spans() {
      return accepted('/v1/traces', decodeSpans)
    },
    get logs() {
      return accepted('/v1/logs', decodeLogs)
    },
    script(...more) {
      faults.push(...more)
    },
    reset() {
      requests = []
      faults = []
    },
  }
}
