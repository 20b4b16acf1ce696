// In: POST /v1/traces and /v1/logs. Out: rows in the store and the answer OTLP 1.11 prescribes.
// Must stay true: an answer is in the encoding of its request; 200 is sent only once the spans are stored; a refusal is a
// 4xx that says what to change, and only a fault of our own is a 5xx.
import { Hono } from 'hono'
import { encodingOf, inflateBody, Refusal, readBody } from '../receive/body.ts'
import type { Codec, Encoding, Signal } from '../receive/decode.ts'
import { MalformedRequest, readLogs, readTraces } from '../receive/read-request.ts'
import type { Store } from '../store/store.ts'
import type { Forwarder } from './forward.ts'
import { refusalOf, type Trust } from './guard.ts'

const PERMISSION_DENIED = 7
const INVALID_ARGUMENT = 3
const UNIMPLEMENTED = 12
const INTERNAL = 13

const CONTENT_TYPE = { json: 'application/json', protobuf: 'application/x-protobuf' } as const

export interface IngestCounts {
  requests: number
  spans: number
  logs: number
  refused: number
  failed: number
}

export interface IngestOptions {
  readonly store: Store
  readonly codec: Codec
  readonly trust: Trust
  readonly forwarder: Forwarder | undefined
  readonly counts: IngestCounts
}

const corsHeaders = (request: Request): Record<string, string> => {
  const origin = request.headers.get('origin')
  return origin === null ? {} : { 'access-control-allow-origin': origin, vary: 'origin' }
}

export const ingest = ({ store, codec, trust, forwarder, counts }: IngestOptions): Hono => {
  const routes = new Hono()

  const fail = (
    request: Request,
    encoding: Encoding,
    status: number,
    code: number,
    message: string,
    extra = {},
  ): Response =>
    new Response(codec.failure(encoding, code, message), {
      status,
      headers: { 'content-type': CONTENT_TYPE[encoding], ...corsHeaders(request), ...extra },
    })

  const accept = async (signal: Signal, encoding: Encoding, body: Buffer): Promise<Uint8Array<ArrayBuffer>> => {
    const message = codec.decode(signal, encoding, body)
    const arrival = signal === 'traces' ? readTraces(message) : readLogs(message)
    const refused =
      signal === 'traces'
        ? await store.addSpans(arrival as ReturnType<typeof readTraces>)
        : await store.addLogs(arrival as ReturnType<typeof readLogs>)
    const rejected = arrival.rejected + refused.count
    counts[signal === 'traces' ? 'spans' : 'logs'] += arrival.accepted - refused.count
    counts.refused += rejected
    const reasons = refused.reason === '' ? arrival.reasons : [...arrival.reasons, refused.reason]
    return codec.answer(signal, encoding, rejected, reasons.join('; '))
  }

  const receive = async (request: Request, signal: Signal): Promise<Response> => {
    counts.requests++
    const encoding = encodingOf(request.headers.get('content-type'))
    const answerIn = encoding ?? 'json'
    try {
      if (encoding === undefined)
        throw new Refusal(415, INVALID_ARGUMENT, 'content-type must be application/json or application/x-protobuf')
      const sent = await readBody(request)
      const body = await inflateBody(sent, request.headers.get('content-encoding'))
      const answer = await accept(signal, encoding, body)
      forwarder?.send(signal, sent, request.headers)
      return new Response(answer, { headers: { 'content-type': CONTENT_TYPE[encoding], ...corsHeaders(request) } })
    } catch (error) {
      counts.failed++
      if (error instanceof Refusal) return fail(request, answerIn, error.status, error.code, error.message)
      if (error instanceof MalformedRequest) return fail(request, answerIn, 400, INVALID_ARGUMENT, error.message)
      // The sender hung up, the disk is full, or the store is closing.
      return fail(request, answerIn, 500, INTERNAL, (error as Error).message)
    }
  }

  routes.use('*', async (c, next) => {
    const why = refusalOf(c.req.raw.headers, 'ingest', trust)
    if (why === undefined) return next()
    return fail(c.req.raw, 'json', 403, PERMISSION_DENIED, why, { 'access-control-allow-origin': 'null' })
  })
  for (const signal of ['traces', 'logs'] as const) {
    routes.options(`/${signal}`, (c) => {
      const asked = c.req.header('access-control-request-headers') ?? 'content-type, content-encoding'
      return new Response(null, {
        status: 204,
        headers: {
          ...corsHeaders(c.req.raw),
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': asked,
          'access-control-max-age': '600',
        },
      })
    })
    routes.post(`/${signal}`, (c) => receive(c.req.raw, signal))
    routes.all(`/${signal}`, (c) =>
      fail(c.req.raw, 'json', 405, UNIMPLEMENTED, 'OTLP is sent with POST', { allow: 'POST, OPTIONS' }),
    )
  }
  routes.all('*', (c) =>
    fail(
      c.req.raw,
      encodingOf(c.req.header('content-type')) ?? 'json',
      404,
      UNIMPLEMENTED,
      'clew-viewer receives /v1/traces and /v1/logs',
    ),
  )
  return routes
}
