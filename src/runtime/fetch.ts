// In: a call to fetch. Out: the same call, carrying the trace, inside a CLIENT span of its own.
// Must stay true: the response, the error and the caller's objects are the host's and the caller's own; the body is not
// touched; when anything of ours fails the call goes out as it was given.
import { type Attributes, SpanKind, StatusCode } from '../flush/model.ts'
import { clientUrlAttributes, methodAttributes, methodName } from './http.ts'
import { follow } from './outcome.ts'
import type { HostFetch, RecordingSpan, SpanOwner } from './span.ts'

/** How one call is traced. */
export interface FetchOptions {
  /** Default: the method. Keep it low in cardinality: `GET /users/:id`, not `GET /users/42`. */
  readonly name?: string
  /** Added to the span's own. */
  readonly attributes?: Attributes
  /** False: the call is recorded, and the other side learns nothing of the trace. Default true. */
  readonly propagate?: boolean
}

export function tracedFetch<Env>(
  parent: RecordingSpan<Env>,
  owner: SpanOwner<Env>,
  call: HostFetch,
  input: string | URL | Request,
  init: RequestInit | undefined,
  options: FetchOptions | undefined,
): Promise<Response> {
  let span = parent
  let traced = init
  try {
    const request = typeof input === 'object' && 'url' in input ? input : undefined
    if (parent.isRecorded()) {
      const attributes = methodAttributes(init?.method ?? request?.method ?? 'GET')
      Object.assign(attributes, clientUrlAttributes(request ? request.url : String(input)), options?.attributes)
      span = parent.startSpan(options?.name ?? methodName(attributes), { kind: SpanKind.CLIENT, attributes })
    }
    if (options?.propagate !== false) {
      const headers = new Headers(init?.headers ?? request?.headers)
      owner.inject(span.spanContext(), headers)
      traced = withHeaders(init, headers)
    }
  } catch (error) {
    // A header or URL that the host refuses as well: it says so better than we could.
    owner.failed(error)
  }
  if (span === parent) return call(input, traced)
  const signal = init?.signal ?? (input as Request).signal
  return follow(call(input, traced), {
    done: (response) => {
      const { status } = response as Response
      span.setAttribute('http.response.status_code', status)
      if (status >= 400) span.setAttribute('error.type', String(status)).setStatus({ code: StatusCode.ERROR })
      span.end()
    },
    failed: (error) => {
      // Called off on purpose is no error (semantic conventions, HTTP spans, "Status"); out of time is one.
      if (signal?.aborted && (error as Error | undefined)?.name !== 'TimeoutError') span.end()
      else span.failed(error)
    },
  })
}

/** `init` with these headers; one whose members are inherited (a class instance) keeps them. */
function withHeaders(init: RequestInit | undefined, headers: Headers): RequestInit {
  const parent: unknown = init && Object.getPrototypeOf(init)
  return parent && parent !== Object.prototype
    ? Object.create(init as object, { headers: { value: headers, enumerable: true } })
    : { ...init, headers }
}
