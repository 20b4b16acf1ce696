// In: a Durable Object namespace. Out: the same, whose stubs' `fetch` is a CLIENT span that carries the trace; with
// `durableObjectRpc`, whose stubs' RPC calls are spans too.
// Must stay true: ids are the host's own; a namespace of a jurisdiction is traced like the whole.
import type { Attributes } from '../../../flush/model.ts'
import type { BindingKind, Place } from './kind.ts'
import { type TraceProperty, tracedNamespace, tracedProperty } from './stub.ts'

const CLASS_NAMES = ['DurableObjectNamespace']

/** `fetch` of Durable Object stubs. Always on: the trace must travel. */
export const durableObjectFetch: BindingKind = {
  classNames: CLASS_NAMES,
  trace: (namespace, place) => objects(namespace, place),
}

/** `fetch` and RPC methods of Durable Object stubs. */
export const durableObjectRpc: BindingKind = {
  classNames: CLASS_NAMES,
  trace: (namespace, place) => objects(namespace, place, place.span.isRecorded() ? remote : undefined),
}

const objects = (namespace: object, place: Place, property?: TraceProperty): object =>
  tracedNamespace(namespace, place, 'durable_object', identity, property)

const identity = (stub: object): Attributes => {
  const { id } = stub as { readonly id: { readonly name?: string } }
  return { 'cloudflare.durable_object.id': String(id), 'cloudflare.durable_object.name': id.name }
}

/** `id` and `name` are the stub's own. */
const remote: TraceProperty = (value, path, place, attributes) =>
  path === 'id' || path === 'name' ? value : tracedProperty(value, path, place, attributes)
