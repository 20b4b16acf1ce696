// In: one arrived span or log. Out: what the viewer concludes from it once, at arrival, so that no search has to:
// which operation it is, whom it calls, and the faults it reports.
// Must stay true: pure; names come from the semantic conventions (HTTP, database, messaging, exceptions), old and new.
import { labelFor } from '../analysis/label.ts'
import type { ArrivedLog, ArrivedSpan } from '../receive/arrival.ts'

const SERVER = 2
const CLIENT = 3
const PRODUCER = 4
const CONSUMER = 5
const ERROR = 2

const word = (attributes: Readonly<Record<string, unknown>>, ...keys: string[]): string => {
  for (const key of keys) {
    const value = attributes[key]
    if (typeof value === 'string' && value !== '') return value
  }
  return ''
}

/** True for the span with which a service takes up a request, a message, or work of its own. */
export const isEntry = (span: ArrivedSpan): boolean =>
  span.kind === SERVER || span.kind === CONSUMER || span.parentSpanId === ''

/** What an entry span is counted under: method and route where there is one, else its name. */
export const operationOf = (span: ArrivedSpan): string => {
  if (!isEntry(span)) return ''
  const route = word(span.attributes, 'http.route')
  const method = word(span.attributes, 'http.request.method', 'http.method')
  return route === '' ? span.name : method === '' ? route : `${method} ${route}`
}

/** What readers know a span by: its operation, or its name made telling. */
export const labelOfSpan = (span: ArrivedSpan): string =>
  operationOf(span) || labelFor(span.name, span.kind === CLIENT, span.attributes['server.address'])

/** What tells this request from others of its operation: the path where the name has only the route. */
export const noteOf = (span: ArrivedSpan): string => {
  const path = word(span.attributes, 'url.path', 'http.target')
  return path === '' || span.name.endsWith(` ${path}`) ? '' : path.slice(0, 200)
}

/** Whom an outgoing span calls, as `kind:name`: the node it gets on the service map when no span answers from there. */
export const peerOf = (span: ArrivedSpan): string => {
  if (span.kind !== CLIENT && span.kind !== PRODUCER) return ''
  const { attributes } = span
  const database = word(attributes, 'db.system.name', 'db.system')
  if (database !== '') {
    const namespace = word(attributes, 'db.namespace', 'db.name')
    return `database:${namespace === '' ? database : `${database} ${namespace}`}`
  }
  const messaging = word(attributes, 'messaging.system')
  if (messaging !== '') return `queue:${word(attributes, 'messaging.destination.name') || messaging}`
  const peer = word(attributes, 'peer.service', 'rpc.service')
  if (peer !== '') return `service:${peer}`
  const host = word(attributes, 'server.address', 'net.peer.name')
  const port = attributes['server.port'] ?? attributes['net.peer.port']
  return host === '' ? '' : `host:${host}${typeof port === 'number' && port !== 80 && port !== 443 ? `:${port}` : ''}`
}

export interface Fault {
  readonly type: string
  readonly message: string
  /** The message without what differs each time; faults of one pattern are one group. */
  readonly pattern: string
}

/** Longest pattern: what a reader takes in at a glance, and what a group is told apart by. */
const MAX_PATTERN = 200

const VARYING: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '…'],
  [/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, '…'],
  [/\d+(?:\.\d+)?/g, '#'],
]

export const patternOf = (message: string): string => {
  let pattern = message.slice(0, MAX_PATTERN * 2)
  for (const [varying, mark] of VARYING) pattern = pattern.replace(varying, mark)
  return pattern.length > MAX_PATTERN ? `${pattern.slice(0, MAX_PATTERN)}…` : pattern
}

const fault = (type: string, message: string): Fault => ({
  type,
  message: message.slice(0, 2000),
  pattern: patternOf(message),
})

const exceptionIn = (attributes: Readonly<Record<string, unknown>>): Fault | undefined => {
  const type = word(attributes, 'exception.type')
  const message = word(attributes, 'exception.message')
  return type === '' && message === '' ? undefined : fault(type || 'Error', message)
}

/** The exceptions a span recorded; for a failed span without any, what its status says. */
export const faultsOf = (span: ArrivedSpan): readonly Fault[] => {
  const found: Fault[] = []
  for (const event of span.events) {
    const exception = exceptionIn(event.attributes)
    if (exception !== undefined) found.push(exception)
  }
  if (found.length > 0 || span.status !== ERROR) return found
  const own = exceptionIn(span.attributes)
  if (own !== undefined) return [own]
  const type = word(span.attributes, 'error.type')
  const code = span.attributes['http.response.status_code'] ?? span.attributes['http.status_code']
  const http = typeof code === 'number' ? `HTTP ${code}` : ''
  return [fault(/^\d+$/.test(type) ? `HTTP ${type}` : type || http || 'Error', span.statusMessage || labelOfSpan(span))]
}

export const faultOfLog = (log: ArrivedLog): Fault | undefined => exceptionIn(log.attributes)
