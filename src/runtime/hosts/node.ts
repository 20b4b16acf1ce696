// In: a listener of Node's `http`. Out: the same listener, each request an invocation.
// Must stay true: request and response are Node's own objects; the span ends when the response is closed, sent or not; an
// error of the listener's stays what it was: Node's to handle.
import { type Attributes, type AttributeValue, SpanKind, StatusCode } from '../../flush/model.ts'
import { recordGetter } from '../../propagate/getters.ts'
import { captured, methodAttributes, methodName } from '../http.ts'
import type { RecordingSpan } from '../recording-span.ts'
import { redactUrl } from '../redact.ts'
import type { Span } from '../span.ts'
import type { Tracer } from '../tracer.ts'
import { contextWith } from './handle.ts'
import { linger } from './linger.ts'
import { environment } from './process.ts'
import { settled, settledWithin } from './wait.ts'

/** What is used of an `IncomingMessage`. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly httpVersion?: string
  readonly socket?: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean }
}

/** What is used of a `ServerResponse`. */
export interface NodeResponse {
  readonly statusCode: number
  getHeader?(name: string): number | string | readonly string[] | undefined
  end(...args: never[]): unknown
  once(event: string, listener: () => void): unknown
}

export interface NodeOptions {
  /** Keeps the host from ending before `promise` has settled. Default: the process lives on. */
  waitUntil?(promise: Promise<unknown>): void
  /** Milliseconds that the spans may hold up the end of the response, for hosts that stop with it. Default: they come after it. */
  readonly beforeResponseMs?: number
  /** Resource attributes that the host knows of itself: the same object every time. */
  readonly resource?: Attributes
}

/** The language and the runtime, as every Node process may say them. */
export const NODE_RESOURCE: Attributes = { 'telemetry.sdk.language': 'nodejs', 'process.runtime.name': 'nodejs' }

/** Traces a listener: `createServer(node(tracer, async (request, response, { span }) => …))`. */
export function node<Env, Req extends NodeRequest, Res extends NodeResponse>(
  tracer: Tracer<Env>,
  listener: (request: Req, response: Res, context: { readonly span: Span<Env> }) => unknown,
  options: NodeOptions = {},
): (request: Req, response: Res) => unknown {
  const { waitUntil, beforeResponseMs, resource = NODE_RESOURCE } = options
  const isBefore = beforeResponseMs !== undefined
  const lingering = waitUntil || isBefore ? undefined : linger()

  return (request, response) => {
    const kept: Promise<unknown>[] = []
    const start = {
      name: methodName(methodAttributes(request.method ?? 'GET')),
      kind: SpanKind.SERVER,
      attributes: () => requestAttributes(request),
      carrier: recordGetter(request.headers),
      env: environment() as Env,
      keepAlive: (promise: Promise<unknown>) =>
        waitUntil ? waitUntil(promise) : lingering ? lingering.keepAlive(promise) : void kept.push(promise),
      ...(isBefore && { budgetMs: () => beforeResponseMs }),
      resource,
    }
    return tracer.invoke(start, (span, lifetime) => {
      lingering?.opened(lifetime)
      const root = span as unknown as RecordingSpan<Env>
      const closed = new Promise<void>((resolve) => response.once('close', resolve))
      const ended = isBefore ? held(response, kept, beforeResponseMs) : closed
      lifetime.extend(ended.then(() => answered(root, response)))
      // A listener that answers with an error to come gets its answer first.
      return listener(request, response, contextWith<undefined, Env>(undefined, span))
    })
  }
}

/**
 * Holds the end of the response until the spans have left: the call of `end` is put off, once, on this one response.
 * Resolves when it has been called.
 */
function held(response: NodeResponse, kept: readonly Promise<unknown>[], limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const { end } = response
    response.once('close', resolve)
    response.end = (...args) => {
      response.end = end
      resolve()
      settledWithin(limitMs, settled(kept)).then(() => end.apply(response, args))
      return response
    }
  })
}

function answered<Env>(root: RecordingSpan<Env>, response: NodeResponse): void {
  const { statusCode } = response
  root.setAttribute('http.response.status_code', statusCode)
  captured(root, undefined, { get: (name) => response.getHeader?.(name)?.toString() })
  if (statusCode >= 500) root.setAttribute('error.type', String(statusCode)).setStatus({ code: StatusCode.ERROR })
  // A route that the app found out names the span, unless the app named it itself.
  const { attributes, name } = root.record
  const method = methodName(attributes)
  if (attributes['http.route'] && name === method) root.updateName(`${method} ${attributes['http.route']}`)
}

function requestAttributes(request: NodeRequest): Record<string, AttributeValue> {
  const { method = 'GET', url = '/', headers, httpVersion, socket } = request
  const [path = '/', query] = url.replace(/^\w+:\/\/[^/]*/, '').split(/\?(.*)/s)
  const scheme = socket?.encrypted ? 'https' : 'http'
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(String(headers['host'] ?? '')) ?? []
  const attributes: Record<string, AttributeValue> = {
    ...methodAttributes(method),
    'url.path': path,
    'url.scheme': scheme,
  }
  const put = (key: string, value: AttributeValue): void => {
    if (value) attributes[key] = value
  }
  put('url.query', query && redactUrl(`?${query}`).slice(1))
  put('server.address', host)
  if (host) put('server.port', Number(port ?? (scheme === 'https' ? 443 : 80)))
  put('user_agent.original', headers['user-agent'])
  put('network.peer.address', socket?.remoteAddress)
  put('client.address', socket?.remoteAddress)
  put(
    'network.protocol.version',
    httpVersion?.replace(/\.0$/, (end) => (httpVersion.startsWith('1') ? end : '')),
  )
  return attributes
}
