// In: the input of a call that sends messages, and a carrier. Out: a copy of it whose messages carry the trace, or the input.
// Must stay true: pure; what somebody put there stays; a message that has no room goes as it is.
import { attach, CARRIER, type Carrier } from '../propagate/carrier.ts'

type Input = Readonly<Record<string, unknown>>

/** Message attributes of one message in SQS and SNS. */
const MAX_ATTRIBUTES = 10
/** Bytes of a client context (AWS Lambda API, "Invoke"). */
const MAX_CLIENT_CONTEXT = 3583
/** Bytes of an entry (EventBridge, "PutEvents"), or of a state machine's input. */
const MAX_JSON = 262_144

/** The input with the carrier in every message it sends. */
export function injected(service: string, method: string, input: Input, carrier: Carrier): Input {
  if (Object.keys(carrier).length === 0) return input
  const into = INJECTORS[`${service}.${method}`]
  return into ? into(input, carrier) : input
}

type Injector = (input: Input, carrier: Carrier) => Input

const each =
  (list: string, one: Injector): Injector =>
  (input, carrier) => {
    const entries = input[list]
    return Array.isArray(entries) ? { ...input, [list]: entries.map((entry: Input) => one(entry, carrier)) } : input
  }

/** SQS and SNS: `MessageAttributes`. */
const withAttributes: Injector = (message, carrier) => {
  const given = (message['MessageAttributes'] ?? {}) as Input
  const own = Object.entries(carrier)
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()))
  if (own.some(([name]) => names.has(name)) || names.size + own.length > MAX_ATTRIBUTES) return message
  const added = own.map(([name, value]) => [name, { DataType: 'String', StringValue: value }])
  return { ...message, MessageAttributes: { ...given, ...Object.fromEntries(added) } }
}

/** JSON in a field, as text or as bytes: `$trace`, as `span.carry` writes it. */
const withJson =
  (field: string): Injector =>
  (message, carrier) => {
    const given = message[field]
    const payload = parsed(() => (typeof given === 'string' ? given : new TextDecoder().decode(given as Uint8Array)))
    if (!payload || CARRIER in payload) return message
    const text = JSON.stringify(attach(payload, carrier))
    return text.length > MAX_JSON ? message : { ...message, [field]: text }
  }

/** `custom` in the client context, where the function's `context.clientContext` shows it. */
const withClientContext: Injector = (message, carrier) => {
  const given = message['ClientContext']
  const context =
    given === undefined
      ? {}
      : parsed(() => new TextDecoder().decode(Uint8Array.from(atob(String(given)), (char) => char.charCodeAt(0))))
  const custom = (context?.['custom'] ?? {}) as Input
  if (!context || Object.keys(carrier).some((name) => name in custom)) return message
  const text = toBase64(JSON.stringify({ ...context, custom: { ...custom, ...carrier } }))
  return text.length > MAX_CLIENT_CONTEXT ? message : { ...message, ClientContext: text }
}

/** Lambda hands the client context on with synchronous invocations only (AWS Lambda API, "Invoke"). */
const withInvocation: Injector = (message, carrier) =>
  (message['InvocationType'] === 'Event' ? withPayload : withClientContext)(message, carrier)

const withPayload = withJson('Payload')

const INJECTORS: Readonly<Record<string, Injector | undefined>> = {
  'SQS.SendMessage': withAttributes,
  'SQS.SendMessageBatch': each('Entries', withAttributes),
  'SNS.Publish': withAttributes,
  'SNS.PublishBatch': each('PublishBatchRequestEntries', withAttributes),
  'EventBridge.PutEvents': each('Entries', withJson('Detail')),
  'SFN.StartExecution': withJson('input'),
  'SFN.StartSyncExecution': withJson('input'),
  'Lambda.Invoke': withInvocation,
  'Lambda.InvokeWithResponseStream': withClientContext,
}

/** A JSON object, or nothing. */
function parsed(read: () => string): Input | undefined {
  try {
    const value: unknown = JSON.parse(read())
    return typeof value === 'object' && value && !Array.isArray(value) ? (value as Input) : undefined
  } catch {
    return undefined
  }
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
