// In: a Durable Object namespace. Out: the same, whose stubs' `fetch` is a CLIENT span that carries the trace; with
// `durableObjectRpc`, whose stubs' RPC calls are spans too.
// Must stay true: ids are the host's own; a namespace of a jurisdiction is traced like the whole.
import type { Attributes, AttributeValue } from '../../flush/model.ts'
import { around, forward } from '../forward.ts'
import type { BindingKind, Place } from './kind.ts'
import { type TraceProperty, tracedProperty, tracedStub } from './stub.ts'

const CLASS_NAMES = ['DurableObjectNamespace']

/** `fetch` of Durable Object stubs. Always on: the trace must travel. */
export const durableObjectFetch: BindingKind = {
  classNames: CLASS_NAMES,
  trace: (namespace, place) => tracedNamespace(namespace, place, undefined),
}

/** `fetch` and RPC methods of Durable Object stubs. */
export const durableObjectRpc: BindingKind = {
  classNames: CLASS_NAMES,
  trace: (namespace, place) => tracedNamespace(namespace, place, place.span.isRecorded() ? tracedProperty : undefined),
}

function tracedNamespace(namespace: object, place: Place, property: TraceProperty | undefined): object {
  return forward(namespace, (key, standIn) => {
    if (key === 'jurisdiction')
      return around(namespace, key, standIn, (call) => tracedNamespace(call() as object, place, property))
    if (key !== 'get' && key !== 'getByName') return undefined
    return around(namespace, key, standIn, (call) => {
      const stub = call() as { readonly id: { readonly name?: string; toString(): string } }
      const attributes: Record<string, AttributeValue> = {
        'cloudflare.binding.type': 'durable_object',
        'cloudflare.binding.name': place.name,
        'cloudflare.durable_object.id': String(stub.id),
      }
      if (stub.id.name !== undefined) attributes['cloudflare.durable_object.name'] = stub.id.name
      return tracedStub(stub, place, attributes satisfies Attributes, property && remote(property))
    })
  })
}

/** `id` and `name` are the stub's own. */
const remote =
  (property: TraceProperty): TraceProperty =>
  (value, path, place, attributes) =>
    path === 'id' || path === 'name' ? value : property(value, path, place, attributes)
