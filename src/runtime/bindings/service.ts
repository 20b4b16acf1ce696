// In: a service binding. Out: the same, whose `fetch` is a CLIENT span that carries the trace.
// Must stay true: only `fetch` is touched; RPC methods are the stub's own.
import { forward } from '../forward.ts'
import type { RecordingSpan } from '../span.ts'

interface Service {
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
}

export function tracedService(service: Service, name: string, span: RecordingSpan<unknown>): object {
  const attributes = { 'cloudflare.binding.name': name, 'cloudflare.binding.type': 'service' }
  const call: Service['fetch'] = (input, init) => service.fetch(input, init)
  return forward(service, (key) =>
    key === 'fetch'
      ? (input: string | URL | Request, init?: RequestInit) => span.fetchThrough(call, input, init, { attributes })
      : undefined,
  )
}
