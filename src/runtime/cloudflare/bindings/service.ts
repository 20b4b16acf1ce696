// In: a service binding. Out: the same, whose `fetch` is a CLIENT span that carries the trace; with `serviceRpc`, whose
// RPC calls are spans too.
// Must stay true: RPC carries no context by itself: what shall go along is in the arguments, put there by `span.carry`.
import { type BindingKind, placed } from './kind.ts'
import { tracedProperty, tracedStub } from './stub.ts'

/** `fetch` of service bindings. Always on: the trace must travel. */
export const serviceFetch: BindingKind = {
  classNames: ['Fetcher'],
  trace: (stub, place) => tracedStub(stub, place, placed('service', place)),
}

/** `fetch` and RPC methods of service bindings. */
export const serviceRpc: BindingKind = {
  classNames: ['Fetcher'],
  trace: (stub, place) =>
    tracedStub(stub, place, placed('service', place), place.span.isRecorded() ? tracedProperty : undefined),
}
