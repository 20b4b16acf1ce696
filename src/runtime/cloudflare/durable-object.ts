// In: a Durable Object class. Out: the same class, each event of an object an invocation: requests, alarms, WebSocket
// events after hibernation, RPC calls.
// Must stay true: what an event points back to is what the app put there itself: `span.carry(…)` in an argument, or in
// the attachment of a socket.
import type { AlarmInvocationInfo } from '@cloudflare/workers-types'
import { SpanKind } from '../../flush/model.ts'
import { recordFailure } from '../failure.ts'
import type { Tracer } from '../tracer.ts'
import type { EventKind } from './event.ts'
import { fetchEvent } from './fetch-event.ts'
import { type ClassKind, type HostClass, linkTo, tracedClass } from './traced-class.ts'

interface Socket {
  deserializeAttachment(): unknown
}

const alarmEvent: EventKind<readonly [info?: AlarmInvocationInfo]> = {
  type: 'alarm',
  trigger: 'timer',
  kind: SpanKind.SERVER,
  describe: (info) => ({
    name: 'alarm',
    attributes: {
      'faas.time': info?.scheduledTime === undefined ? undefined : new Date(info.scheduledTime).toISOString(),
      'cloudflare.alarm.retry_count': info?.retryCount || undefined,
    },
  }),
}

/** The connection is the span that the socket's attachment carries: the one of the request that opened it. */
const socketEvent = (type: string, attributes: (...args: never[]) => Record<string, unknown>): EventKind => ({
  type,
  trigger: 'other',
  kind: SpanKind.SERVER,
  describe: (_, ...args) => ({
    name: type,
    attributes: { 'network.protocol.name': 'websocket', ...attributes(...(args as never[])) } as never,
  }),
  enter(span, lifetime, socket, ...args) {
    linkTo(() => (socket as Socket).deserializeAttachment(), span, lifetime)
    if (type === 'webSocketError') recordFailure(span, args[0])
    return [socket, ...args]
  },
})

const EVENTS: readonly EventKind[] = [
  fetchEvent,
  alarmEvent,
  socketEvent('webSocketMessage', (message: string | ArrayBuffer) => ({
    'cloudflare.websocket.message.type': typeof message === 'string' ? 'text' : 'binary',
    'cloudflare.websocket.message.size': typeof message === 'string' ? message.length : message.byteLength,
  })),
  socketEvent('webSocketClose', (code: number, _reason: string, wasClean: boolean) => ({
    'cloudflare.websocket.close.code': code,
    'cloudflare.websocket.close.was_clean': wasClean,
  })),
  socketEvent('webSocketError', () => ({})),
]

const KIND: ClassKind = {
  events: EVENTS,
  attributes: ({ id }: { readonly id: { readonly name?: string } }) => ({
    'cloudflare.execution_model': 'stateful',
    'cloudflare.durable_object.id': String(id),
    'cloudflare.durable_object.name': id.name,
  }),
}

/**
 * Traces a Durable Object: `export const Room = durableObject(tracer, class extends DurableObject<Env> { … })`.
 * `name` is what the spans call the class.
 */
export function durableObject<Env, C extends HostClass<Env>>(
  tracer: Tracer<Env>,
  Class: C,
  name: string = Class.name,
): C {
  return tracedClass(tracer, Class, name, KIND)
}
