// In: names of headers. Out: what of a request and its response is recorded.
// Must stay true: a header that nobody named is never read.
import type { Attributes } from '../../flush/model.ts'
import type { Getter } from '../../propagate/propagator.ts'

export interface CaptureHeadersOptions {
  /** Names, in any letter case. Default none. */
  readonly request?: readonly string[]
  readonly response?: readonly string[]
}

/** `Headers`, or what reads the headers of a host that has others: any letter case, repeated ones joined by `, `. */
export type HeaderValues = Pick<Getter, 'get'>

/**
 * What `createTracer({ headers })` takes: the attributes of a request, asked when it begins, and of its response, asked
 * when that is there; the other one is absent then.
 */
export type HeaderCapture = (request: HeaderValues | undefined, response: HeaderValues | undefined) => Attributes

/**
 * Records the named headers of requests that come in and go out, as `http.request.header.<name>` and
 * `http.response.header.<name>` (semantic conventions 1.44, HTTP spans). A name that looks secret is recorded masked.
 */
export function captureHeaders(options: CaptureHeadersOptions): HeaderCapture {
  const lists = Object.entries({ request: options.request ?? [], response: options.response ?? [] })
  const names = lists.flatMap(([side, names]) => names.map((name) => [side, name.toLowerCase()] as const))
  return (request, response) => {
    const attributes: Record<string, readonly string[]> = {}
    for (const [side, name] of names) {
      const value = (side === 'request' ? request : response)?.get(name)
      if (value != null) attributes[`http.${side}.header.${name}`] = [value]
    }
    return attributes
  }
}
